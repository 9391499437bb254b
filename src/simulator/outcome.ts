/** Why a simulated cloud refuses, with the text its users would see. The texts are invented: no vendor document shows one. */
export const REFUSALS = {
  'not-found': '实例不存在',
  'wrong-status': '实例当前状态不支持该操作',
  'wrong-stop-mode': '实例关机方式不符',
  'wrong-billing': '当前计费方式不支持该操作',
  'bad-argument': '参数错误',
  'no-balance': '余额不足',
  'no-stock': 'GPU资源不足',
  saving: '镜像保存中',
  'duplicate-name': '镜像名称已存在',
  expired: '实例已到期',
} as const;
export type Refusal = keyof typeof REFUSALS;

/** The result of asking a simulated cloud for something; null is success. */
export type Outcome = Refusal | null;

/** When and by which call an action happens. */
export interface Cause {
  readonly at: number;
  /** null: the clock's own doing. */
  readonly callSeq: number | null;
}
