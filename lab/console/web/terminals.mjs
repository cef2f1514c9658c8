// The terminals: each has a screen and, unless its program has keys of its own, a line to type.
import { Terminal } from './xterm/xterm.mjs';
import { FitAddon } from './xterm/addon-fit.mjs';

const dark = matchMedia('(prefers-color-scheme: dark)');
const themes = {
  true: { background: '#14171b', foreground: '#e6e9ed', cursor: '#14171b', selectionBackground: '#3a4654' },
  false: {
    background: '#ffffff', foreground: '#1b1f24', cursor: '#ffffff', selectionBackground: '#b6d7ff',
    red: '#b3201b', green: '#116329', yellow: '#7a5200', blue: '#0a58ca', magenta: '#6639ba', cyan: '#0b6470', white: '#57606a', brightWhite: '#1b1f24',
  },
};

// actionButtons fills an element with the buttons of a program, and returns what shows which of them apply.
export function actionButtons(element, send) {
  const labels = { kill: 'Kill', stop: 'Stop', pause: 'Pause', resume: 'Resume', start: 'Start' };
  const titles = { kill: 'SIGKILL', stop: 'SIGTERM', pause: 'SIGSTOP', resume: 'SIGCONT', start: 'Start it again, as it was' };
  let name = '';
  const buttons = Object.keys(labels).map(action => {
    const button = document.createElement('button');
    button.textContent = labels[action];
    button.title = titles[action];
    button.dataset.do = action;
    button.onclick = () => send({ do: action, name });
    element.append(button);
    return button;
  });
  return program => {
    name = program?.name ?? '';
    for (const b of buttons) {
      const has = document.activeElement === b;
      b.hidden = !program?.can?.includes(b.dataset.do);
      b.setAttribute('aria-label', `${labels[b.dataset.do]} ${name}`);
      if (has && b.hidden) buttons.find(other => program?.can?.includes(other.dataset.do))?.focus();
    }
  };
}

export class Terminals {
  constructor(element, send, selected) {
    Object.assign(this, { element, send, selected, all: new Map(), typing: true });
    dark.addEventListener('change', () => {
      for (const t of this.all.values()) t.screen.options.theme = themes[dark.matches];
    });
  }

  show(programs) {
    for (const p of programs) {
      const t = this.find(p.name);
      t.element.hidden = false;
      t.state.textContent = { running: '● running', paused: '‖ paused', exited: '✕ exited', away: '? not reachable' }[p.state] + (p.life > 1 ? `, life ${p.life}` : '') + (p.node ? `, at ${p.node}` : '');
      t.state.title = t.state.textContent;
      t.state.className = `state ${p.state}`;
      t.form.hidden = p.raw || !this.typing;
      t.screen.options.disableStdin = !p.raw || !this.typing;
      const began = p.raw && (!t.raw || t.life !== p.life);
      t.raw = p.raw;
      t.life = p.life;
      if (began) this.tellSize(p.name, t);
      t.buttons(p);
      if (this.element.children[programs.indexOf(p)] !== t.element) this.element.insertBefore(t.element, this.element.children[programs.indexOf(p)]);
    }
  }

  find(name) {
    if (!this.all.has(name)) this.all.set(name, this.make(name));
    return this.all.get(name);
  }

  make(name) {
    const element = document.createElement('article');
    element.className = 'pane';
    element.dataset.name = name;
    element.innerHTML = `<header><h2></h2><span class="state"></span><span class="actions control"></span></header>
      <div class="screen"></div>
      <form><span aria-hidden="true">&gt;</span><input autocomplete="off" autocapitalize="off" spellcheck="false" maxlength="4000"></form>`;
    element.querySelector('h2').textContent = name;
    this.element.append(element);
    const screen = new Terminal({
      convertEol: true, disableStdin: true, scrollback: 2000, fontSize: 12, fontFamily: 'ui-monospace, "DejaVu Sans Mono", monospace',
      theme: themes[dark.matches], linkHandler: { activate() {} }, cursorInactiveStyle: 'none',
    });
    // A program must not make the terminal type: these ask it for an answer.
    for (const id of [{ final: 'c' }, { prefix: '>', final: 'c' }, { prefix: '=', final: 'c' }, { final: 'n' }, { prefix: '?', final: 'n' }, { intermediates: '$', final: 'p' }, { prefix: '?', intermediates: '$', final: 'p' }, { final: 't' }, { prefix: '>', final: 'q' }]) {
      screen.parser.registerCsiHandler(id, () => true);
    }
    for (const id of [4, 10, 11, 12]) screen.parser.registerOscHandler(id, () => true);
    screen.parser.registerDcsHandler({ intermediates: '$', final: 'q' }, () => true);
    const fit = new FitAddon();
    screen.loadAddon(fit);
    const box = element.querySelector('.screen');
    screen.open(box);
    new ResizeObserver(() => {
      fit.fit();
      this.tellSize(name, this.all.get(name));
    }).observe(box);
    element.terminal = screen;
    const t = {
      element, screen, state: element.querySelector('.state'), form: element.querySelector('form'), input: element.querySelector('input'),
      buttons: actionButtons(element.querySelector('.actions'), this.send), raw: false,
    };
    screen.onData(text => { if (t.raw) this.send({ do: 'type', name, text }); });
    t.input.setAttribute('aria-label', `Type at ${name}`);
    t.input.placeholder = `type at ${name}`;
    box.addEventListener('click', () => { if (!t.raw && !screen.hasSelection()) t.input.focus(); });
    element.addEventListener('focusin', () => this.selected(name));
    this.makeInput(t, name);
    return t;
  }

  makeInput(t, name) {
    const typed = [];
    let at = 0;
    t.form.onsubmit = event => {
      event.preventDefault();
      this.send({ do: 'type', name, text: t.input.value });
      typed.push(t.input.value);
      at = typed.length;
      t.input.value = '';
    };
    t.input.onkeydown = event => {
      if (event.ctrlKey && event.key === 'c' && t.input.selectionStart === t.input.selectionEnd && !getSelection().toString()) this.send({ do: 'interrupt', name });
      else if (event.ctrlKey && event.key === 'd' && t.input.value === '') this.send({ do: 'end-input', name });
      else if (event.key === 'ArrowUp' && at > 0) t.input.value = typed[--at];
      else if (event.key === 'ArrowDown' && at < typed.length) t.input.value = typed[++at] ?? '';
      else return;
      event.preventDefault();
    };
  }

  // tellSize makes the terminal of a program that draws on it as large as it is here.
  tellSize(name, t) {
    if (t?.raw && this.typing) this.send({ do: 'resize', name, cols: t.screen.cols, rows: t.screen.rows });
  }

  write(name, bytes) { this.find(name).screen.write(bytes); }

  reset() { for (const t of this.all.values()) t.screen.reset(); }

  readOnly(on) {
    this.typing = !on;
    for (const t of this.all.values()) t.form.hidden = on || t.raw;
  }

  select(name) { for (const [n, t] of this.all) t.element.classList.toggle('selected', n === name); }
}
