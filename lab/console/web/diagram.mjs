// The diagram: the server draws it, the page asks for it again when there are new events.
const pause = 200, longPause = 1500; // milliseconds between two diagrams; the second when they have little in common

export class Diagram {
  constructor($, get) {
    Object.assign(this, { $, get, events: 0, shown: -1, asked: 0, asking: false, timer: 0, inView: false, pressed: false, stopped: false, until: 0, around: 0, names: '', text: '' });
    $('pause').onclick = () => {
      this.stopped = !this.stopped;
      this.until = this.stopped ? this.shown : 0;
      $('pause').textContent = this.stopped ? 'Go on' : 'Pause';
      $('pause').setAttribute('aria-pressed', this.stopped);
      this.again();
    };
    for (const id of ['only', 'all']) $(id).onchange = () => this.again();
    $('text').oninput = () => this.again();
    $('back').onclick = () => this.look(0);
    const choose = event => {
      const id = event.target.closest('g[id^=e], g[id^=w]')?.id; // an event, or the way of what it sent
      if (id) this.look(Number(id.slice(1)));
    };
    $('diagram').onclick = choose;
    $('diagram').onkeydown = event => { if (event.key === 'Enter') choose(event); };
    // What is pressed must be there when it is released, or there is no click.
    $('diagram').onpointerdown = () => { this.pressed = true; };
    for (const release of ['pointerup', 'pointercancel']) {
      addEventListener(release, () => setTimeout(() => {
        this.pressed = false;
        this.update();
      }));
    }
    new IntersectionObserver(seen => {
      this.inView = seen.at(-1).isIntersecting;
      this.update();
    }).observe($('diagram'));
    document.addEventListener('visibilitychange', () => this.update());
  }

  // look shows what may have led to an event, or with 0 the live diagram.
  look(event) {
    this.around = event;
    this.$('back').hidden = event === 0;
    this.$('hint').textContent = event === 0 ? 'An arrow means: may have caused. Click an event for what led to it.' : 'What may have led to the event in the frame. An arrow means: may have caused.';
    this.again();
  }

  // name makes the list of processes to choose from.
  name(names) {
    if (names.join() === this.names) return;
    const chosen = this.$('only').value;
    this.$('only').replaceChildren(new Option('all processes', ''), ...names.map(name => new Option(name, name)));
    this.$('only').value = names.includes(chosen) ? chosen : '';
    this.names = names.join();
  }

  // show brings the live diagram up to date with a record of so many events.
  show(events) {
    this.events = events;
    this.update();
  }

  // update asks for the live diagram if there is more to see, and not too often.
  update() {
    if (this.timer || this.stopped || this.around || this.events === this.shown) return;
    if (this.inView && !this.pressed && !document.hidden) this.ask();
  }

  // again asks for another diagram than before, at once.
  again() {
    this.asked++;
    this.ask();
  }

  async ask() {
    if (this.asking) return;
    this.asking = true;
    const asked = this.asked, events = this.events, flood = events - this.shown > 1000;
    try {
      const text = await this.fetch();
      if (asked === this.asked && !this.pressed) {
        this.draw(text);
        this.shown = events;
      }
    } catch (error) {
      this.$('hint').textContent = String(error.message ?? error);
    }
    this.asking = false;
    if (asked !== this.asked) {
      this.ask();
      return;
    }
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.timer = 0;
      this.update();
    }, flood ? longPause : pause);
  }

  async fetch() {
    const query = new URLSearchParams();
    if (this.around) query.set('around', this.around);
    if (this.until) query.set('until', this.until);
    if (this.$('only').value) query.set('process', this.$('only').value);
    if (this.$('text').value) query.set('text', this.$('text').value);
    if (this.$('all').checked) query.set('all', '1');
    const answer = await this.get(`/diagram.svg?${query}`);
    const text = await answer.text();
    if (!answer.ok) throw new Error(text);
    return text;
  }

  draw(text) {
    if (text === this.text) return;
    this.text = text;
    const pane = this.$('diagram');
    const atEnd = pane.scrollTop + pane.clientHeight > pane.scrollHeight - 60;
    const focus = pane.contains(document.activeElement) && document.activeElement.id;
    const svg = new DOMParser().parseFromString(text, 'image/svg+xml').documentElement;
    pane.replaceChildren(document.importNode(svg, true));
    this.arrange(pane);
    for (const event of pane.querySelectorAll('g[id^=e]')) event.setAttribute('tabindex', '0');
    if (focus) document.getElementById(focus)?.focus({ preventScroll: true });
    if (atEnd && !this.around) pane.scrollTop = pane.scrollHeight;
  }

  // arrange lets the names of the processes stay in view, and puts the legend aside.
  arrange(pane) {
    const svg = pane.firstElementChild;
    svg.removeAttribute('height');
    svg.style.maxWidth = `${svg.getAttribute('width')}px`;
    const legend = svg.querySelector('.legend'), names = this.frame(svg);
    for (const process of svg.querySelectorAll('.process')) {
      const [name, ...again] = process.querySelectorAll('.name');
      if (name) names.append(name);
      for (const repeated of again) repeated.remove();
    }
    if (!names.firstChild) return;
    names.setAttribute('class', 'diagram names');
    names.setAttribute('viewBox', `0 0 ${svg.getAttribute('width')} 26`);
    pane.prepend(names);
    if (!legend) return;
    const box = legend.getBBox(), top = 34, width = svg.getAttribute('width');
    svg.setAttribute('viewBox', `0 ${top} ${width} ${Math.max(box.y - top - 4, 10)}`);
    const aside = this.frame(svg);
    aside.setAttribute('viewBox', `0 ${box.y - 8} ${width} ${box.height + 16}`);
    aside.append(legend);
    this.$('legend').querySelector('svg')?.remove();
    this.$('legend').append(aside);
  }

  frame(svg) {
    const frame = svg.cloneNode(false);
    frame.setAttribute('role', 'img');
    return frame;
  }
}
