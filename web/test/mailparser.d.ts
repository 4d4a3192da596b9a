// What the tests use of mailparser, which has no types of its own.
declare module 'mailparser' {
  interface People { value: { name: string; address?: string }[] }
  interface File { filename?: string; headers: Map<string, unknown>; cid?: string; content: Uint8Array }
  interface Mail {
    from?: People; to?: People | People[]; cc?: People | People[]; subject?: string; messageId?: string; inReplyTo?: string; references?: string | string[]; date?: Date;
    text?: string; html?: string | false; attachments: File[];
  }
  export function simpleParser(source: string, options: Record<string, boolean>): Promise<Mail>;
}
