// Stroke icons on a 20 × 20 grid, in the colour of the text.
const PATHS = {
  email: 'M3.5 5.5h13v9h-13zM3.8 6l6.2 4.8L16.2 6',
  chat: 'M4 4.5h12v8.5H9l-3.2 2.7V13H4z',
  form: 'M5 3.5h10v13H5zM7.5 7h5M7.5 10h5M7.5 13h3',
  person: 'M10 10a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM4.5 16.5c.5-3 2.8-4.5 5.5-4.5s5 1.5 5.5 4.5',
  tray: 'M3.5 11.5 5.5 4.5h9l2 7v4h-13zM3.5 11.5h4l1 2h3l1-2h4',
  stack: 'M10 3.5 16.5 7 10 10.5 3.5 7zM3.5 10.5 10 14l6.5-3.5M3.5 13.5 10 17l6.5-3.5',
  shield: 'M10 3.2 15.5 5v4.8c0 3.4-2.3 5.6-5.5 7-3.2-1.4-5.5-3.6-5.5-7V5zM10 7v3.5M10 12.9v.1',
  plug: 'M7 3v4M13 3v4M5 7h10v2.5a5 5 0 0 1-10 0zM10 14.5V17.5',
  search: 'M9 14a5 5 0 1 0 0-10 5 5 0 0 0 0 10zM12.7 12.7l3.8 3.8',
  check: 'M4.5 10.5 8.3 14.3 15.5 6.5',
  clock: 'M10 16.5a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13zM10 6.5V10l2.5 1.5',
  up: 'M10 16V4.5M5.5 9 10 4.5 14.5 9',
  undo: 'M7.5 5 4 8.5 7.5 12M4.5 8.5h7a4 4 0 0 1 0 8H9',
  reply: 'M8 5 4 9l4 4M4.5 9H12c2.5 0 4 1.8 4 4.5V15',
  forward: 'M12 5l4 4-4 4M15.5 9H8c-2.5 0-4 1.8-4 4.5V15',
  note: 'M4.5 4h11v8.5L12 16H4.5zM15.5 12.5H12V16M7.5 7.5h5M7.5 10.5h3',
  clip: 'M13.5 7.5 8.7 12.3a1.4 1.4 0 0 0 2 2l5-5a2.8 2.8 0 0 0-4-4l-5 5a4.2 4.2 0 0 0 6 6l3.8-3.8',
  lock: 'M5.5 9h9v7.5h-9zM7 9V6.5a3 3 0 0 1 6 0V9',
  back: 'M12 4.5 6.5 10l5.5 5.5',
  close: 'M5.5 5.5l9 9M14.5 5.5l-9 9',
  down: 'M5 7.5 10 12.5l5-5',
  right: 'M7.5 5 12.5 10l-5 5',
  panel: 'M3.5 4.5h13v11h-13zM12 4.5v11',
  sun: 'M10 13a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM10 2.5v1.5M10 16v1.5M2.5 10H4M16 10h1.5M4.7 4.7l1 1M14.3 14.3l1 1M15.3 4.7l-1 1M5.7 14.3l-1 1',
  moon: 'M16 11.5A6.5 6.5 0 0 1 8.5 4a6.5 6.5 0 1 0 7.5 7.5z',
  half: 'M10 16.5a6.5 6.5 0 1 0 0-13zM10 3.5a6.5 6.5 0 0 0 0 13',
  leave: 'M8 4H4.5v12H8M8 10h8M13 7l3 3-3 3',
  keys: 'M2.5 6h15v8.5h-15zM5.5 9h.1M8.5 9h.1M11.5 9h.1M14.5 9h.1M6.5 12h7',
  warn: 'M10 4 17 16H3zM10 8.5v3.5M10 14v.1',
  merge: 'M5 3.5v3.2a4 4 0 0 0 4 4h6.5M5 16.5v-1.8a4 4 0 0 1 4-4M12.5 7.7l3 3-3 3',
  swap: 'M4 7h11M12 4l3 3-3 3M16 13H5M8 10l-3 3 3 3',
  sand: 'M5.5 3.5h9M5.5 16.5h9M6.5 3.5v2.3L10 10l3.5-4.2V3.5M6.5 16.5v-2.3L10 10l3.5 4.2v2.3',
  pause: 'M7.5 5v10M12.5 5v10',
  bell: 'M5.5 13.5V9a4.5 4.5 0 0 1 9 0v4.5l1.5 1H4zM8.5 16.5h3',
  gap: 'M3.5 10h3.5M13 10h3.5M8.5 6.5l3 7M11.5 6.5l-3 7',
  flag: 'M5.5 17V3.5M5.5 4.5h9l-2 3 2 3h-9',
  tag: 'M4 4.5h6l6.5 6.5-5.5 5.5L4.5 10zM7.3 7.6v.1',
  pen: 'M4 16l.8-3.4L13.2 4.2l2.6 2.6-8.4 8.4zM11.5 5.9l2.6 2.6',
  star: 'M10 3.5l2 4.3 4.7.6-3.4 3.3.8 4.7L10 14.1l-4.1 2.3.8-4.7L3.3 8.4 8 7.8z',
  task: 'M4 4h12v12H4zM7 10.2l2.2 2.2L13.2 8',
  begun: 'M10 16.5a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13zM8.6 7.3v5.4L12.9 10z',
  circle: 'M10 16.5a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13z',
  done: 'M10 16.5a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13zM7 10.2l2.2 2.2L13.2 8',
  team: 'M7 9.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5zM2.5 16c.3-2.8 2.2-4 4.5-4s4.2 1.2 4.5 4M13 9.5a2.2 2.2 0 1 0 0-4.4M13.5 12c2.2 0 3.8 1.2 4 3.6',
  plus: 'M10 4.5v11M4.5 10h11',
  chart: 'M4 16.5V10M8 16.5V5M12 16.5V8M16 16.5V3.5',
  book: 'M10 5.5C8 4 5.5 4 3.5 4.5v11c2-.5 4.5-.5 6.5 1 2-1.5 4.5-1.5 6.5-1v-11C14.5 4 12 4 10 5.5zM10 5.5v11',
  macro: 'M4.5 4.5h11v11h-11zM11.5 7.5l-3 5',
  horn: 'M4 8.5v3h3l6 3.5V5L7 8.5zM15.5 8a3 3 0 0 1 0 4M6 11.5 7 16h1.5',
  roots: 'M10 3.5v6M10 9.5 5 16.5M10 9.5v7M10 9.5l5 7M7 6l3-2.5L13 6',
  sort: 'M6.5 4.5v11M3.5 12.5l3 3 3-3M13.5 15.5v-11M10.5 7.5l3-3 3 3',
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, size = 18, label }: { name: IconName; size?: number; label?: string }) {
  return (
    <svg class="icon" width={size} height={size} viewBox="0 0 20 20" fill="none" stroke="currentColor" stroke-width="1.5"
      stroke-linecap="round" stroke-linejoin="round" {...(label ? { role: 'img', 'aria-label': label } : { 'aria-hidden': 'true' })}>
      <path d={PATHS[name]} />
    </svg>
  );
}

export function ChannelIcon({ channel, label, size }: { channel: string; label: string; size?: number }) {
  const name: IconName = channel === 'chat' ? 'chat' : channel === 'form' ? 'form' : 'email';
  return <Icon name={name} label={label} {...(size ? { size } : {})} />;
}

/** The logo: two crossing cords. */
export function Mark({ size = 24 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="9" class="mark-ground" />
      <g fill="none" stroke="#fff" stroke-width="2.6" stroke-linecap="round">
        <path d="M9 10h4c5 0 5 12 10 12" />
        <path d="M9 22h4c1.6 0 2.7-1.2 3.6-2.8M19.4 12.8C20.3 11.2 21.4 10 23 10" />
      </g>
    </svg>
  );
}
