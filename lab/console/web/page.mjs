// The page: it shows what the server sends, and sends what is asked for here.
import { Terminals } from './terminals.mjs';
import { Network } from './network.mjs';
import { Diagram } from './diagram.mjs';

const token = new URLSearchParams(location.search).get('token');
const $ = id => document.getElementById(id);
const authorized = { headers: { Authorization: `Bearer ${token}` } };

let socket;
const send = request => {
  if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(request));
  else refuse('There is no connection to peerlab: nothing was sent.');
};

const terminals = new Terminals($('terminals'), send, name => network.selectProcess(name));
const network = new Network($, send, name => terminals.select(name));
const diagram = new Diagram($, path => fetch(path, authorized));

let hiding;
function refuse(text) {
  $('refused').textContent = text;
  $('refused').hidden = false;
  clearTimeout(hiding);
  hiding = setTimeout(() => { $('refused').hidden = true; }, 6000);
}

function show(state) {
  document.title = `peerlab ${state.title}`;
  $('title').textContent = state.title;
  terminals.show(state.programs);
  network.show(state);
  diagram.name(state.programs.map(p => p.name));
  const faulty = (state.links ?? []).filter(l => l.fault).length;
  const paused = state.programs.filter(p => p.state === 'paused').length;
  const parts = [];
  if (faulty) parts.push(`⚠ ${faulty} ${faulty === 1 ? 'link has a fault' : 'links have faults'}`);
  if (paused) parts.push(`‖ ${paused} paused`);
  $('faults').textContent = parts.join(', ');
  $('heal').disabled = parts.length === 0;
}

function connect() {
  socket = new WebSocket(`ws://${location.host}/socket?token=${token}`);
  socket.binaryType = 'arraybuffer';
  socket.onopen = () => {
    terminals.reset(); // all that is kept of their outputs comes again
    $('status').textContent = 'live';
    $('status').className = '';
  };
  socket.onmessage = ({ data }) => {
    if (typeof data !== 'string') {
      const bytes = new Uint8Array(data);
      const name = new TextDecoder().decode(bytes.subarray(1, 1 + bytes[0]));
      terminals.write(name, bytes.subarray(1 + bytes[0]));
      return;
    }
    const message = JSON.parse(data);
    if ('control' in message) {
      document.body.classList.toggle('look', !message.control);
      terminals.readOnly(!message.control);
      document.body.classList.toggle('saved', message.saved);
      if (!message.control) $('status').textContent = message.saved ? 'a saved run' : 'live, view only';
    }
    if (message.state) show(message.state);
    if (message.events) diagram.show(message.events);
    if (message.refused) refuse(message.refused);
  };
  socket.onclose = ({ reason }) => {
    $('status').textContent = `not connected${reason ? `: ${reason}` : ''}; trying again`;
    $('status').className = 'lost';
    setTimeout(connect, 1000);
  };
}

$('heal').onclick = () => send({ do: 'heal-all' });
$('save').href = `/run.zip?token=${token}`;
$('share').onclick = async () => {
  const look = await (await fetch('/look', authorized)).text();
  const address = `${location.origin}/?token=${look}`;
  try {
    await navigator.clipboard.writeText(address);
    $('share').textContent = 'Copied';
    setTimeout(() => { $('share').textContent = 'Copy view-only address'; }, 2000);
  } catch {
    window.prompt('The address at which the lab can only be looked at:', address);
  }
};
connect();
