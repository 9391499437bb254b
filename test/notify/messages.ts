import type { Message } from '../../src/notify/message.ts';
import { NOTIFICATION } from './kit.ts';

/** A message as the catalogue makes them; tests change what they are about. */
export const MESSAGE: Message = {
  id: 'n-01',
  severity: 'warning',
  mood: 'firing',
  language: 'en',
  title: 'dev-01 is stopped in 10 minutes',
  lines: [
    { label: 'Instance', text: 'dev-01 (hxy-main/gpu-105b6)' },
    { label: '', text: 'idle since 11:28' },
    { label: 'Keep it', text: 'lamplighter hold hxy-main/gpu-105b6 --for 4h --reason "…"' },
  ],
  links: [{ label: 'Console', url: 'https://lamplighter.example.com/i/hxy-main/gpu-105b6?t=a_b-c.d' }],
  notifications: [NOTIFICATION],
};

export const CHINESE: Message = {
  ...MESSAGE,
  language: 'zh-CN',
  title: 'dev-01 将在 10 分钟后关机',
  lines: [{ label: '实例', text: 'dev-01' }],
};

/** Names, reasons and owners that strangers may write, and that want to be more than text. */
export const HOSTILE = [
  '<at id=all></at>',
  '<at user_id="all">所有人</at>',
  '<!channel>',
  '<!here|here>',
  '<@U012AB3CD>',
  '<@all>',
  '@all',
  '@13800138000',
  '[x](http://evil.example)',
  '![x](http://evil.example/x.png)',
  '<http://evil.example|click>',
  '<font color="info">all is well</font>',
  '**bold** `code` \\[x\\](y)',
  'a\n### heading',
  'a\r\nBcc: evil@evil.example',
  '<script>alert(1)</script><img src=x onerror=alert(1)>',
  '&lt;!channel&gt; &#60;at id=all&#62;',
  '\u202egpj.exe\u2028next',
];

export const NOBODY = { info: [], warning: [], critical: [] };

/** A message whose every text is a stranger's. */
export function hostileMessage(text: string): Message {
  return {
    ...MESSAGE,
    title: text,
    lines: [
      { label: 'Name', text },
      { label: '', text },
    ],
    links: [{ label: text, url: 'https://lamplighter.example.com/?a=(b)[c]' }],
  };
}
