import { html } from 'hono/html';
import { catalogue } from './language.ts';
import type { Html, Visit } from './visit.ts';
import { WORDS as SHARED } from './words.ts';

const WORDS = catalogue({
  en: {
    token: 'Token',
    name: 'Your name',
    nameHint: 'Stands beside what you do. Taken on trust.',
    what: 'The control token lets you act. A viewer token lets you look.',
    whatViewer: 'No control token is configured, so nothing can be changed here.',
    wrong: 'That is none of the tokens.',
    throttled: 'Too many wrong tokens came from there. Wait a minute.',
    noToken: 'The console is closed',
    noTokenText:
      'Somebody elsewhere may look only with a token, and none is configured. In lamplighter.yaml set one of these, and reload:',
    noTokenLocal: 'Over loopback, from the machine itself, no token is needed.',
  },
  zh: {
    token: '令牌',
    name: '您的名字',
    nameHint: '会和您做的事一起记录，不作核验。',
    what: '控制令牌可以操作，查看令牌只能看。',
    whatViewer: '没有配置控制令牌，所以这里什么都改不了。',
    wrong: '不是任何一个令牌。',
    throttled: '从该地址来的错误令牌太多，请等一分钟。',
    noToken: '控制台未开放',
    noTokenText: '从别处查看需要令牌，而现在一个都没有配置。请在 lamplighter.yaml 里设置其中之一，然后重新加载：',
    noTokenLocal: '在本机通过回环地址访问不需要令牌。',
  },
});

export interface SignIn {
  readonly back: string;
  readonly wrong: 'token' | 'throttled' | null;
  readonly hasToken: boolean;
  readonly canAct: boolean;
}

/** The form that takes a token, or what to set where none could open anything. */
export function signInBody(visit: Visit, { back, wrong, hasToken, canAct }: SignIn): Html {
  const t = WORDS[visit.language];
  if (!hasToken) {
    return html`<section class="card narrow"><h1>${t.noToken}</h1><p>${t.noTokenText}</p>
<pre>console: { viewerTokenFile: /run/secrets/viewer_token }
control: { tokenFile: /run/secrets/control_token }</pre><p class="dim">${t.noTokenLocal}</p></section>`;
  }
  return html`<section class="card narrow"><h1>${SHARED[visit.language].signIn}</h1>
${wrong === null ? '' : html`<p class="banner bad" role="alert">${wrong === 'token' ? t.wrong : t.throttled}</p>`}
<form method="post" action="/sign-in" class="stack"><input type="hidden" name="back" value="${back}">
<label>${t.name}<input name="name" autocomplete="username" maxlength="60" required><small>${t.nameHint}</small></label>
<label>${t.token}<input name="token" type="password" autocomplete="current-password" maxlength="512" required><small>${canAct ? t.what : t.whatViewer}</small></label>
<button class="primary">${SHARED[visit.language].signIn}</button></form></section>`;
}
