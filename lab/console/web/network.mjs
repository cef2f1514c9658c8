// The graph of processes and links, and what can be done to them.
import { actionButtons } from './terminals.mjs';

const width = 420, height = 290, boxWidth = 74, boxHeight = 34, namespace = 'http://www.w3.org/2000/svg';

function draw(parent, tag, attributes, text) {
  const element = document.createElementNS(namespace, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  if (text !== undefined) element.textContent = text;
  parent.append(element);
  return element;
}

// onPress makes an element a button, for the mouse and the keyboard.
function onPress(element, label, press) {
  element.setAttribute('tabindex', '0');
  element.setAttribute('role', 'button');
  element.setAttribute('aria-label', label);
  element.onclick = press;
  element.onkeydown = event => {
    if (event.key !== 'Enter' && event.key !== ' ') return;
    event.preventDefault();
    press();
  };
}

export class Network {
  constructor($, send, selected) {
    Object.assign(this, { $, send, selected, state: { programs: [], links: [] }, drawn: '', names: '' });
    this.buttons = actionButtons($('process-panel').querySelector('.actions'), send);
    $('process').onchange = () => this.selectProcess($('process').value);
    for (const id of ['from', 'to']) $(id).onchange = () => this.update();
    for (const button of $('link-panel').querySelectorAll('button')) {
      button.onclick = () => this.act(button.dataset.do);
    }
    $('both').onchange = () => { $('arrow').textContent = $('both').checked ? '↔' : '→'; };
  }

  act(what) {
    const from = this.$('from').value, to = this.$('to').value, ms = Number(this.$('ms').value);
    this.send({ do: what, from, to, ms });
    if (this.$('both').checked && what !== 'reset') this.send({ do: what, from: to, to: from, ms });
  }

  show(state) {
    this.state = { ...state, links: state.links ?? [] };
    const names = state.programs.map(p => p.name).join('\n');
    if (names !== this.names) this.fill(state.programs.map(p => p.name));
    this.names = names;
    this.$('link-panel').hidden = Boolean(state.noFaults) || state.programs.length < 2;
    this.$('no-faults').hidden = !state.noFaults;
    this.$('no-faults').textContent = `Links cannot be broken here: ${state.noFaults}`;
    this.$('machines').hidden = !state.nodes;
    this.$('machines').replaceChildren(...(state.nodes ?? []).map(({ name, clock, problem }) => {
      const item = document.createElement('li');
      item.textContent = problem ? `✕ ${name}: not connected: ${problem}` : `● ${name}: ${clock}`;
      item.className = problem ? 'exited state' : 'state';
      return item;
    }));
    this.update();
  }

  fill(names) {
    for (const [id, preset] of [['process', 0], ['from', 0], ['to', 1]]) {
      const select = this.$(id), chosen = select.value || names[preset];
      select.replaceChildren(...names.map(name => new Option(name, name)));
      select.value = names.includes(chosen) ? chosen : names[0];
    }
    if (this.$('from').value === this.$('to').value && names.length > 1) this.$('to').value = names.find(name => name !== this.$('from').value);
  }

  selectProcess(name) {
    this.$('process').value = name;
    this.selected(name);
    this.update();
  }

  selectLink(from, to) {
    this.$('from').value = from;
    this.$('to').value = to;
    this.update();
  }

  update() {
    const from = this.$('from').value, to = this.$('to').value, name = this.$('process').value;
    const { programs, links } = this.state;
    this.buttons(programs.find(p => p.name === name));
    const link = links.find(l => l.from === from && l.to === to);
    const count = link?.connections ?? 0;
    this.$('link-state').textContent = from === to ? 'Choose two processes.' :
      `${from} → ${to}: ${count === 0 ? 'no connection' : count === 1 ? 'one connection' : `${count} connections`}` +
      (link?.fault ? `, fault: ${link.fault}` : '') + (link?.held ? `, ${link.held} packets held` : '');
    const disabled = { pass: !link?.held, reset: count === 0, heal: !link?.fault };
    for (const button of this.$('link-panel').querySelectorAll('button')) {
      button.disabled = from === to || Boolean(disabled[button.dataset.do]) && !this.$('both').checked;
    }
    const drawn = JSON.stringify([programs.map(p => [p.name, p.state]), links, from, to, name]);
    if (drawn !== this.drawn) this.draw(from, to, name);
    this.drawn = drawn;
  }

  // place returns where the process of a number is: on an ellipse, the first at the top.
  place(i, n) {
    const angle = 2 * Math.PI * i / n - Math.PI / 2;
    return { x: width / 2 + (width / 2 - boxWidth / 2 - 6) * Math.cos(angle), y: height / 2 + (height / 2 - boxHeight / 2 - 6) * Math.sin(angle) };
  }

  draw(from, to, name) {
    const focus = document.activeElement?.dataset?.key;
    const { programs, links } = this.state, edges = this.$('edges'), nodes = this.$('nodes'), badges = this.$('badges');
    edges.replaceChildren();
    nodes.replaceChildren();
    badges.replaceChildren();
    const places = new Map(programs.map((p, i) => [p.name, this.place(i, programs.length)]));
    for (const link of links) {
      if (places.has(link.from) && places.has(link.to)) this.drawLink(edges, badges, link, places, link.from === from && link.to === to);
    }
    for (const p of programs) {
      const { x, y } = places.get(p.name);
      const node = draw(nodes, 'g', { class: `node ${p.state}${p.name === name ? ' selected' : ''}`, 'data-key': p.name });
      draw(node, 'rect', { x: x - boxWidth / 2, y: y - boxHeight / 2, width: boxWidth, height: boxHeight, rx: 8 });
      draw(node, 'text', { x, y: y - 1 }, p.name);
      draw(node, 'text', { class: 'mark', x, y: y + 12 }, { running: '● running', paused: '‖ paused', exited: '✕ exited', away: '? not reachable' }[p.state]);
      onPress(node, `${p.name}, ${p.state}`, () => this.selectProcess(p.name));
    }
    if (focus) this.$('graph').querySelector(`[data-key="${CSS.escape(focus)}"]`)?.focus();
  }

  drawLink(edges, badges, link, places, selected) {
    const a = places.get(link.from), b = places.get(link.to), length = Math.hypot(b.x - a.x, b.y - a.y);
    const dx = (b.x - a.x) / length, dy = (b.y - a.y) / length;
    const side = 5; // each direction is on its own side
    const leave = Math.min(Math.abs(boxWidth / 2 / (dx || 1e-9)), Math.abs(boxHeight / 2 / (dy || 1e-9))) + 3;
    const at = distance => ({ x: a.x + dx * distance - dy * side, y: a.y + dy * distance + dx * side });
    const start = at(leave), end = at(length - leave), middle = at(length * 0.36);
    const d = `M${start.x.toFixed(1)} ${start.y.toFixed(1)}L${end.x.toFixed(1)} ${end.y.toFixed(1)}`;
    const edge = draw(edges, 'g', {
      class: `edge${link.fault ? ' fault' : ''}${link.connections ? '' : ' closed'}${selected ? ' selected' : ''}`, 'data-key': `${link.from}>${link.to}`,
    });
    draw(edge, 'title', {}, `${link.from} → ${link.to}${link.fault ? `: ${link.fault}` : ''}`);
    draw(edge, 'path', { class: 'hit', d });
    draw(edge, 'path', { d });
    onPress(edge, `link from ${link.from} to ${link.to}${link.fault ? `, ${link.fault}` : ''}`, () => this.selectLink(link.from, link.to));
    if (!link.fault) return;
    const text = { drop: '✂ cut', hold: `‖ hold${link.held ? ` ${link.held}` : ''}` }[link.fault] ?? `${link.fault}`;
    const w = text.length * 6.4 + 10, badge = draw(badges, 'g', { class: 'badge' });
    draw(badge, 'rect', { x: middle.x - w / 2, y: middle.y - 9, width: w, height: 17, rx: 4 });
    draw(badge, 'text', { x: middle.x, y: middle.y + 3.5 }, text);
  }
}
