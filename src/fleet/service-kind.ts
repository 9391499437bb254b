/** Services on instances that can be asked what they do, besides Jupyter. Each is the name of its probe. */
export const SERVICE_KINDS = [
  'comfyui',
  'sd-webui',
  'fooocus',
  'open-webui',
  'ollama',
  'vllm',
  'tgi',
  'sglang',
] as const;
export type ServiceKind = (typeof SERVICE_KINDS)[number];
