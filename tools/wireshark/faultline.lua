-- Faultline frames in Wireshark, field by field: over TCP, UDP, in packets over UDP and inside TLS, and
-- the pipe codec.
--
-- It reads the wire table of packages/protocol/src/frame.ts as the decoders of the house do, in the
-- same order and with the same words for what it refuses. On a stream everything but a damaged
-- payload ends the reading of that direction. CRC-32C, CRC-32 and SHA-1 are computed here; other
-- trailers are shown as unchecked. Captures of Faultline say in the description of their interfaces
-- which codec they carry; elsewhere a frame is known by its magic and its header's own CRC.
--
-- Needs Wireshark or tshark 3.6 or newer. Installation: README.md beside this file.

set_plugin_info({ version = "1.0.0", author = "Faultline", description = "Faultline frames" })

local bit = bit or require("bit")
local band, bor, bxor, bnot = bit.band, bit.bor, bit.bxor, bit.bnot
local lshift, rshift, rol, tobit = bit.lshift, bit.rshift, bit.rol, bit.tobit

local HEADER_BYTES = 40
local MAGIC_0, MAGIC_1, VERSION = 0xFA, 0x17, 1
local PAYLOAD_BYTES_MAX = 1048576
local STOP = 0xFFFFFFFF

local TYPES = { "hello", "data", "reply", "error", "ping", "pong", "goodbye" }
local STATUSES = {
  [0] = "ok", "lost", "corrupt", "too large", "overloaded", "too old",
  "operation reused", "unsupported", "shutting down", "unauthenticated",
}
-- Code, name and trailer size of the checksum catalogue.
local CHECKSUMS = {
  [0] = { "none", 0 }, { "crc32", 4 }, { "crc32c", 4 }, { "sha1-32", 4 }, { "sha256-128", 16 },
  { "hmac-sha256-128", 16 },
}
local CHECKSUM_NAMES = {}
for code, row in pairs(CHECKSUMS) do CHECKSUM_NAMES[code] = row[1] end

local TYPE_DATA, TYPE_REPLY, TYPE_ERROR, TYPE_PING, TYPE_GOODBYE = 2, 3, 4, 5, 7

-- Checksums ---------------------------------------------------------------------------------------

local function crc_table(polynomial)
  local made = {}
  for index = 0, 255 do
    local value = index
    for _ = 1, 8 do
      value = bxor(rshift(value, 1), band(value, 1) == 1 and polynomial or 0)
    end
    made[index] = value
  end
  return made
end

local CRC32 = crc_table(0xEDB88320)
local CRC32C = crc_table(0x82F63B78)

-- Over any number of strings, as one.
local function crc(lookup, ...)
  local value = 0xFFFFFFFF
  for _, text in ipairs({ ... }) do
    for at = 1, #text do
      value = bxor(rshift(value, 8), lookup[band(bxor(value, text:byte(at)), 0xFF)])
    end
  end
  return tobit(bnot(value))
end

local function word_at(text, at)
  local a, b, c, d = text:byte(at, at + 3)
  return bor(lshift(a, 24), lshift(b, 16), lshift(c, 8), d)
end

-- The first 32 bits of SHA-1 (FIPS 180-4).
local function sha1_32(text)
  local length = #text
  local zeros = (55 - length) % 64
  local bits = string.char(0, 0, 0, math.floor(length / 536870912) % 256,
    math.floor(length / 2097152) % 256, math.floor(length / 8192) % 256,
    math.floor(length / 32) % 256, (length * 8) % 256)
  local padded = text .. "\128" .. ("\0"):rep(zeros) .. bits
  local h0, h1, h2, h3, h4 = 0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0
  for block = 1, #padded, 64 do
    local w = {}
    for at = 0, 15 do w[at] = word_at(padded, block + at * 4) end
    for at = 16, 79 do w[at] = rol(bxor(w[at - 3], w[at - 8], w[at - 14], w[at - 16]), 1) end
    local a, b, c, d, e = h0, h1, h2, h3, h4
    for at = 0, 79 do
      local f, k
      if at < 20 then f, k = bxor(d, band(b, bxor(c, d))), 0x5A827999
      elseif at < 40 then f, k = bxor(b, c, d), 0x6ED9EBA1
      elseif at < 60 then f, k = bor(band(b, c), band(d, bor(b, c))), 0x8F1BBCDC
      else f, k = bxor(b, c, d), 0xCA62C1D6 end
      a, b, c, d, e = tobit(rol(a, 5) + f + e + k + w[at]), a, rol(b, 30), c, d
    end
    h0, h1, h2 = tobit(h0 + a), tobit(h1 + b), tobit(h2 + c)
    h3, h4 = tobit(h3 + d), tobit(h4 + e)
  end
  return h0
end

-- "good", "bad" or "unchecked".
local function trailer_verdict(kind, covered, payload, trailer)
  local name = CHECKSUMS[kind][1]
  if name == "none" then return "unchecked" end
  local expected
  if name == "crc32" then expected = crc(CRC32, covered, payload)
  elseif name == "crc32c" then expected = crc(CRC32C, covered, payload)
  elseif name == "sha1-32" then expected = sha1_32(covered .. payload)
  else return "unchecked" end
  return expected == word_at(trailer, 1) and "good" or "bad"
end

-- Fields ------------------------------------------------------------------------------------------

local faultline = Proto("faultline", "Faultline frame")
local f = {
  magic = ProtoField.uint16("faultline.magic", "Magic", base.HEX),
  version = ProtoField.uint8("faultline.version", "Version"),
  type = ProtoField.uint8("faultline.type", "Type", base.DEC, TYPES),
  checksum_kind = ProtoField.uint8("faultline.checksum_kind", "Checksum kind", base.DEC, CHECKSUM_NAMES),
  flags = ProtoField.uint8("faultline.flags", "Flags", base.HEX),
  replayed = ProtoField.bool("faultline.flags.replayed", "Replayed from the reply cache", 8, nil, 0x01),
  status = ProtoField.uint16("faultline.status", "Status", base.DEC, STATUSES),
  life = ProtoField.uint16("faultline.life", "Tag of the server's life", base.HEX),
  length = ProtoField.uint32("faultline.length", "Payload length"),
  session = ProtoField.uint64("faultline.session", "Session", base.HEX),
  operation = ProtoField.uint64("faultline.operation", "Operation"),
  attempt = ProtoField.uint32("faultline.attempt", "Attempt"),
  remaining = ProtoField.uint32("faultline.remaining_ms", "Remaining (ms)"),
  retry_after = ProtoField.uint32("faultline.retry_after_ms", "Retry after (ms)"),
  stop = ProtoField.bool("faultline.stop", "Not to be retried at all"),
  header_crc = ProtoField.uint32("faultline.header_crc", "Header CRC-32C", base.HEX),
  header_crc_status = ProtoField.string("faultline.header_crc.status", "Header CRC status"),
  payload = ProtoField.bytes("faultline.payload", "Payload"),
  text = ProtoField.string("faultline.text", "Payload as text"),
  trailer = ProtoField.bytes("faultline.checksum", "Checksum"),
  trailer_status = ProtoField.string("faultline.checksum.status", "Checksum status"),
  refused = ProtoField.string("faultline.refused", "Refused as"),
  corruption = ProtoField.bool("faultline.corruption", "A damage that the result counts"),
  rest = ProtoField.bytes("faultline.rest", "Bytes that are not read"),
  from = ProtoField.string("faultline.from", "Sent by"),
  retry = ProtoField.bool("faultline.retry", "A retry"),
  retry_of = ProtoField.framenum("faultline.retry_of", "Attempt before this one in", base.NONE, frametype.NONE),
  response_in = ProtoField.framenum("faultline.response_in", "Answered in", base.NONE, frametype.RESPONSE),
  response_to = ProtoField.framenum("faultline.response_to", "Answer to", base.NONE, frametype.REQUEST),
  response_time = ProtoField.relative_time("faultline.response_time", "Time from request"),
}
local listed = {}
for _, field in pairs(f) do listed[#listed + 1] = field end
faultline.fields = listed

local e_damaged = ProtoExpert.new("faultline.damaged", "A damaged frame", expert.group.CHECKSUM, expert.severity.ERROR)
local e_refused = ProtoExpert.new("faultline.not_a_frame", "Not a frame that would be accepted", expert.group.PROTOCOL, expert.severity.ERROR)
local e_retry = ProtoExpert.new("faultline.is_retry", "A retry", expert.group.SEQUENCE, expert.severity.NOTE)
local e_error = ProtoExpert.new("faultline.error_reply", "An error reply", expert.group.RESPONSE_CODE, expert.severity.WARN)
local e_replayed = ProtoExpert.new("faultline.is_replayed", "Answered from the reply cache", expert.group.RESPONSE_CODE, expert.severity.NOTE)
local e_unchecked = ProtoExpert.new("faultline.unchecked", "This checksum is not computed here", expert.group.CHECKSUM, expert.severity.CHAT)
faultline.experts = { e_damaged, e_refused, e_retry, e_error, e_replayed, e_unchecked }

local pipe = Proto("faultline_pipe", "Faultline pipe message")
local pf = {
  body = ProtoField.string("faultline_pipe.body", "Body"),
  checksum = ProtoField.string("faultline_pipe.checksum", "Checksum"),
  status = ProtoField.string("faultline_pipe.checksum.status", "Checksum status"),
  error = ProtoField.bool("faultline_pipe.error", "The server says that a message was lost"),
}
pipe.fields = { pf.body, pf.checksum, pf.status, pf.error }
local pe_damaged = ProtoExpert.new("faultline_pipe.damaged", "A damaged message", expert.group.CHECKSUM, expert.severity.ERROR)
pipe.experts = { pe_damaged }

local packets = Proto("faultline_packet", "Faultline packet")
local FLAG_ANSWER = 0x01
local kf = {
  magic = ProtoField.uint16("faultline_packet.magic", "Magic", base.HEX),
  version = ProtoField.uint8("faultline_packet.version", "Version"),
  flags = ProtoField.uint8("faultline_packet.flags", "Flags", base.HEX),
  answer = ProtoField.bool("faultline_packet.flags.answer", "Sent by who was dialled", 8, nil, FLAG_ANSWER),
  opening = ProtoField.bool("faultline_packet.flags.opening", "Nothing was heard yet", 8, nil, 0x02),
  unknown = ProtoField.bool("faultline_packet.flags.unknown", "There is no such connection", 8, nil, 0x04),
  connection = ProtoField.uint64("faultline_packet.connection", "Connection", base.HEX),
  number = ProtoField.uint64("faultline_packet.number", "Packet number"),
  ping = ProtoField.bool("faultline_packet.ping", "Ping"),
  close = ProtoField.bool("faultline_packet.close", "Close"),
  challenge = ProtoField.uint64("faultline_packet.challenge", "Challenge", base.HEX),
  response = ProtoField.uint64("faultline_packet.response", "Response", base.HEX),
  ack = ProtoField.string("faultline_packet.ack", "Acknowledges"),
  ack_largest = ProtoField.uint64("faultline_packet.ack.largest", "Largest"),
  ack_delay = ProtoField.uint32("faultline_packet.ack.delay_us", "Delay (µs)"),
  ack_ranges = ProtoField.uint8("faultline_packet.ack.ranges", "Further ranges"),
  fragment = ProtoField.string("faultline_packet.fragment", "Fragment"),
  message = ProtoField.uint64("faultline_packet.fragment.message", "Message"),
  index = ProtoField.uint16("faultline_packet.fragment.index", "Index"),
  count = ProtoField.uint16("faultline_packet.fragment.count", "Count"),
  size = ProtoField.uint16("faultline_packet.fragment.size", "Size"),
  data = ProtoField.bytes("faultline_packet.fragment.data", "Piece"),
  whole_in = ProtoField.framenum("faultline_packet.reassembled_in", "Message is whole in", base.NONE, frametype.NONE),
  piece_in = ProtoField.framenum("faultline_packet.piece", "A piece of it in", base.NONE, frametype.NONE),
  crc = ProtoField.uint32("faultline_packet.crc", "CRC-32C", base.HEX),
  crc_status = ProtoField.string("faultline_packet.crc.status", "CRC status"),
}
local packet_fields = {}
for _, field in pairs(kf) do packet_fields[#packet_fields + 1] = field end
packets.fields = packet_fields
local ke_damaged = ProtoExpert.new("faultline_packet.damaged", "A damaged packet", expert.group.CHECKSUM, expert.severity.ERROR)
local ke_no_room = ProtoExpert.new("faultline_packet.no_room", "No room for more messages that are not whole", expert.group.REASSEMBLE, expert.severity.WARN)
packets.experts = { ke_damaged, ke_no_room }

local x_stream = Field.new("tcp.stream")
local x_interface = Field.new("frame.interface_id")
local x_description = Field.new("frame.interface_description")

-- What has been seen ------------------------------------------------------------------------------

local dead, clients, requests, replies, attempts
-- Messages out of packets: what is not whole by its direction, what is by the packet that made it so.
local assemblies, whole, whole_in
function faultline.init()
  dead, clients, requests, replies, attempts = {}, {}, {}, {}, {}
  assemblies, whole, whole_in = {}, {}, {}
end

local function text_of(field)
  local info = field()
  return info and tostring(info.value) or ""
end

local function ends(pinfo)
  local source = tostring(pinfo.src) .. " " .. pinfo.src_port
  local target = tostring(pinfo.dst) .. " " .. pinfo.dst_port
  return source, target
end

-- Whose packet it is: who speaks first is the client.
local function place_of(pinfo)
  local source, target = ends(pinfo)
  local conversation = source < target and source .. " " .. target or target .. " " .. source
  local stream = x_stream()
  local key = text_of(x_interface) .. "/" .. (stream and tostring(stream.value) or "") .. "/" .. conversation
  if clients[key] == nil then clients[key] = source end
  local from = clients[key] == source and "client" or "server"
  return { interface = text_of(x_interface), flow = key .. from, from = from }
end

-- Frames ------------------------------------------------------------------------------------------

-- Whether the first bytes rule a frame out, however few.
local function refused_start(tvb, at)
  local left = tvb:len() - at
  if left > 0 and tvb(at, 1):uint() ~= MAGIC_0 then return "bad-magic" end
  if left > 1 and tvb(at + 1, 1):uint() ~= MAGIC_1 then return "bad-magic" end
  if left > 2 and tvb(at + 2, 1):uint() ~= VERSION then return "bad-version" end
  return nil
end

-- Why the 40 bytes of a header are not believed; nil: they are.
local function refused_header(tvb, at)
  local start = refused_start(tvb, at)
  if start then return start end
  if crc(CRC32C, tvb:raw(at, 36)) ~= tobit(tvb(at + 36, 4):uint()) then return "header-damaged" end
  local kind = tvb(at + 3, 1):uint()
  local status = tvb(at + 6, 2):uint()
  if TYPES[kind] == nil then return "bad-type" end
  if CHECKSUMS[tvb(at + 4, 1):uint()] == nil then return "bad-checksum-kind" end
  if band(tvb(at + 5, 1):uint(), 0xFE) ~= 0 then return "bad-flags" end
  if kind == TYPE_ERROR and (status == 0 or STATUSES[status] == nil) then return "bad-status" end
  if (kind == TYPE_PING or kind == TYPE_GOODBYE) and status > 0 then return "bad-status" end
  if tvb(at + 20, 4):uint() > 0x1FFFFF then return "bad-operation" end
  if tvb(at + 8, 4):uint() > PAYLOAD_BYTES_MAX then return "payload-too-large" end
  return nil
end

local function frame_bytes(tvb, at)
  return HEADER_BYTES + tvb(at + 8, 4):uint() + CHECKSUMS[tvb(at + 4, 1):uint()][2]
end

-- The server counts damage that its checksums gave away, the client everything it refuses.
local function counts(place, refused)
  return place.from == "server" or refused == "header-damaged" or refused == "payload-damaged"
end

local function add_refusal(tree, place, refused, range)
  tree:add(f.refused, range, refused):set_generated()
  tree:add(f.from, place.from):set_generated()
  if counts(place, refused) then tree:add(f.corruption, range, true):set_generated() end
  local damaged = refused == "header-damaged" or refused == "payload-damaged"
  tree:add_proto_expert_info(damaged and e_damaged or e_refused, refused .. ", from the " .. place.from)
end

local function add_header(tree, tvb, at)
  tree:add(f.magic, tvb(at, 2))
  tree:add(f.version, tvb(at + 2, 1))
  tree:add(f.type, tvb(at + 3, 1))
  tree:add(f.checksum_kind, tvb(at + 4, 1))
  tree:add(f.flags, tvb(at + 5, 1)):add(f.replayed, tvb(at + 5, 1))
  local kind = tvb(at + 3, 1):uint()
  tree:add((kind == TYPE_ERROR or kind == TYPE_PING or kind == TYPE_GOODBYE) and f.status or f.life, tvb(at + 6, 2))
  tree:add(f.length, tvb(at + 8, 4))
  tree:add(f.session, tvb(at + 12, 8))
  tree:add(f.operation, tvb(at + 20, 8))
  tree:add(f.attempt, tvb(at + 28, 4))
  local remaining = tvb(at + 32, 4)
  if kind ~= TYPE_ERROR then tree:add(f.remaining, remaining)
  elseif remaining:uint() == STOP then tree:add(f.stop, remaining, true)
  else tree:add(f.retry_after, remaining) end
  tree:add(f.header_crc, tvb(at + 36, 4))
end

-- Printable ASCII is shown as text, too.
local function add_payload(tree, range)
  tree:add(f.payload, range)
  local text = range:raw()
  if not text:find("[^%g ]") then tree:add(f.text, range, text):set_generated() end
end

-- Replies to requests, retries to what they repeat.
local function add_links(tree, tvb, at, pinfo, place)
  local kind = tvb(at + 3, 1):uint()
  local operation = place.interface .. " " .. tvb:bytes(at + 12, 16):tohex()
  local attempt = tvb(at + 28, 4):uint()
  local exchange = operation .. " " .. attempt
  local number = pinfo.number
  if kind == TYPE_DATA then
    local seen = attempts[operation] or {}
    attempts[operation] = seen
    seen[attempt] = seen[attempt] or number
    if not pinfo.visited then requests[exchange] = requests[exchange] or { number, pinfo.abs_ts } end
    if replies[exchange] then tree:add(f.response_in, replies[exchange]):set_generated() end
    if attempt > 1 then
      tree:add(f.retry, true):set_generated()
      local before = attempt - 1
      while before > 0 and seen[before] == nil do before = before - 1 end
      if before > 0 then tree:add(f.retry_of, seen[before]):set_generated() end
      tree:add_proto_expert_info(e_retry, "attempt " .. attempt)
    end
  elseif kind == TYPE_REPLY or kind == TYPE_ERROR then
    replies[exchange] = replies[exchange] or number
    local request = requests[exchange]
    if request then
      tree:add(f.response_to, request[1]):set_generated()
      local took = pinfo.abs_ts - request[2]
      local seconds = math.floor(took)
      tree:add(f.response_time, NSTime.new(seconds, math.floor((took - seconds) * 1e9 + 0.5))):set_generated()
    end
    if kind == TYPE_ERROR then
      tree:add_proto_expert_info(e_error, STATUSES[tvb(at + 6, 2):uint()])
    elseif band(tvb(at + 5, 1):uint(), 1) == 1 then
      tree:add_proto_expert_info(e_replayed)
    end
  end
end

local function summary(tvb, at)
  local kind = tvb(at + 3, 1):uint()
  local words = TYPES[kind]
  if kind == TYPE_ERROR then words = words .. " (" .. STATUSES[tvb(at + 6, 2):uint()] .. ")" end
  local operation = tvb(at + 20, 8):uint64():tonumber()
  return string.format("%s operation %d attempt %d, %d bytes", words, operation,
    tvb(at + 28, 4):uint(), tvb(at + 8, 4):uint())
end

-- A whole frame whose header is sound.
local function add_frame(tvb, at, bytes, pinfo, root, place)
  local kind = tvb(at + 4, 1):uint()
  local length = tvb(at + 8, 4):uint()
  local tree = root:add(faultline, tvb(at, bytes), "Faultline " .. summary(tvb, at))
  add_header(tree, tvb, at)
  tree:add(f.header_crc_status, tvb(at + 36, 4), "good"):set_generated()
  if length > 0 then add_payload(tree, tvb(at + HEADER_BYTES, length)) end
  local size = CHECKSUMS[kind][2]
  local verdict = "unchecked"
  if size > 0 then
    local range = tvb(at + HEADER_BYTES + length, size)
    local payload = length > 0 and tvb:raw(at + HEADER_BYTES, length) or ""
    tree:add(f.trailer, range)
    verdict = trailer_verdict(kind, tvb:raw(at, 36), payload, range:raw())
    tree:add(f.trailer_status, range, verdict):set_generated()
    if verdict == "unchecked" then tree:add_proto_expert_info(e_unchecked) end
  end
  if verdict == "bad" then
    add_refusal(tree, place, "payload-damaged", tvb(at, bytes))
    return "payload-damaged: " .. summary(tvb, at)
  end
  tree:add(f.from, place.from):set_generated()
  add_links(tree, tvb, at, pinfo, place)
  return summary(tvb, at)
end

-- Bytes that are no frame: all that is left of them.
local function add_unreadable(tvb, at, root, place, refused)
  local range = tvb(at)
  local tree = root:add(faultline, range, "Faultline: " .. refused)
  if range:len() >= HEADER_BYTES and refused ~= "bad-magic" and refused ~= "bad-version" then
    add_header(tree, tvb, at)
  end
  if refused == "header-damaged" then
    tree:add(f.header_crc_status, tvb(at + 36, 4), "bad"):set_generated()
  end
  add_refusal(tree, place, refused, range)
  return refused
end

local function dissect_datagram(tvb, pinfo, root, place)
  local refused = tvb:len() < HEADER_BYTES and (refused_start(tvb, 0) or "truncated") or refused_header(tvb, 0)
  if refused == nil then
    local bytes = frame_bytes(tvb, 0)
    if tvb:len() < bytes then refused = "truncated" end
    if tvb:len() >= bytes then
      local told = add_frame(tvb, 0, bytes, pinfo, root, place)
      if tvb:len() > bytes and not told:find("^payload%-damaged") then
        told = add_unreadable(tvb, bytes, root, place, "trailing-bytes")
      end
      return { told }
    end
  end
  return { add_unreadable(tvb, 0, root, place, refused) }
end

-- Asks for more bytes of the stream.
local function want(pinfo, at, bytes)
  pinfo.desegment_offset = at
  pinfo.desegment_len = bytes
end

local function dissect_stream(tvb, pinfo, root, place)
  local told, at = {}, 0
  local since = dead[place.flow]
  -- A packet of TLS may hold several records, each a call: none is read after that one, either.
  if since and (pinfo.number > since or not pinfo.visited) then
    root:add(faultline, tvb(), "Faultline: after what could not be read"):add(f.rest, tvb())
    return { "after what could not be read" }
  end
  while at < tvb:len() do
    local left = tvb:len() - at
    local refused = left < HEADER_BYTES and refused_start(tvb, at) or nil
    if refused == nil and left < HEADER_BYTES then
      want(pinfo, at, DESEGMENT_ONE_MORE_SEGMENT)
      return told
    end
    refused = refused or refused_header(tvb, at)
    if refused then
      dead[place.flow] = dead[place.flow] or pinfo.number
      told[#told + 1] = add_unreadable(tvb, at, root, place, refused)
      return told
    end
    local bytes = frame_bytes(tvb, at)
    if left < bytes then
      want(pinfo, at, bytes - left)
      return told
    end
    told[#told + 1] = add_frame(tvb, at, bytes, pinfo, root, place)
    at = at + bytes
  end
  return told
end

function faultline.dissector(tvb, pinfo, root)
  local place = place_of(pinfo)
  local is_datagram = pinfo.port_type == 3
  local told = is_datagram and dissect_datagram(tvb, pinfo, root, place) or dissect_stream(tvb, pinfo, root, place)
  if #told > 0 then
    pinfo.cols.protocol = "Faultline"
    pinfo.cols.info = table.concat(told, "; ", 1, math.min(#told, 4)) .. (#told > 4 and "; …" or "")
  end
  return tvb:len()
end

-- Packets under the frames ------------------------------------------------------------------------
--
-- The wire table of packages/protocol/src/packet/wire.ts. Fragments of one message are put together, each
-- message once, on the first pass over the file; later passes show what was found then. The bounds are
-- those of a receiver (packages/protocol/src/packet/limits.ts), for each direction of each connection.

local PACKET_MAGIC = 0xFA50
local PACKET_HEADER_BYTES, PACKET_BYTES_MIN = 18, 22
local ASSEMBLY_BYTES_MAX, ASSEMBLY_MESSAGES_MAX = 2097152, 4096
local MESSAGE_BYTES_MAX, FRAGMENT_COUNT_MAX, FRAGMENT_UPKEEP_BYTES = 65600, 335, 64
local FRAGMENT_PLACE_BYTES = 8

local function has_packet_magic(tvb)
  return tvb:len() >= PACKET_BYTES_MIN and tvb(0, 2):uint() == PACKET_MAGIC
end

local function is_packet(tvb)
  if not has_packet_magic(tvb) or tvb(2, 1):uint() ~= 1 or band(tvb(3, 1):uint(), 0xF8) ~= 0 then return false end
  local bytes = tvb:len() - 4
  return crc(CRC32C, tvb:raw(0, bytes)) == tobit(tvb(bytes, 4):uint())
end

local function uint48(tvb, at)
  return tvb(at, 2):uint() * 4294967296 + tvb(at + 2, 4):uint()
end

-- Keeps a piece. The whole message, if this was the last of it; whether there was room for it.
local function assemble(flow, number, part)
  local all = assemblies[flow]
  if all == nil then
    all = { messages = {}, done = {}, bytes = 0, count = 0 }
    assemblies[flow] = all
  end
  if all.done[part.message] then return nil, true end
  if part.count == 1 then
    all.done[part.message] = true
    return { bytes = part.bytes, pieces = { number } }, true
  end
  local one = all.messages[part.message]
  local cost = #part.bytes + FRAGMENT_UPKEEP_BYTES
  if one == nil then
    local places = part.count * FRAGMENT_PLACE_BYTES
    local is_full = all.count >= ASSEMBLY_MESSAGES_MAX or all.bytes + cost + places > ASSEMBLY_BYTES_MAX
    if part.count > FRAGMENT_COUNT_MAX or is_full then return nil, false end
    one = { pieces = {}, from = {}, missing = part.count, count = part.count, bytes = 0, cost = places }
    all.messages[part.message] = one
    all.count, all.bytes = all.count + 1, all.bytes + places
  end
  if one.count ~= part.count or one.pieces[part.index] then return nil, true end
  if one.bytes + #part.bytes > MESSAGE_BYTES_MAX or all.bytes + cost > ASSEMBLY_BYTES_MAX then return nil, false end
  one.pieces[part.index], one.from[part.index] = part.bytes, number
  one.bytes, one.cost, one.missing = one.bytes + #part.bytes, one.cost + cost, one.missing - 1
  all.bytes = all.bytes + cost
  if one.missing > 0 then return nil, true end
  all.messages[part.message], all.done[part.message] = nil, true
  all.count, all.bytes = all.count - 1, all.bytes - one.cost
  local bytes = table.concat(one.pieces, "", 0, one.count - 1)
  return { bytes = bytes, pieces = one.from, count = one.count }, true
end

-- Each part takes its bytes from an offset on, and says where it ends; nil: it is none.
local function add_ack(tvb, at, finish, tree)
  if at + 15 > finish then return nil end
  local ranges = tvb(at + 10, 1):uint()
  local after = at + 15 + 4 * ranges
  if after > finish then return nil end
  local high = uint48(tvb, at)
  local low = high - tvb(at + 11, 4):uint()
  local words = { low == high and string.format("%d", low) or string.format("%d-%d", low, high) }
  for place = at + 15, after - 4, 4 do
    local missing, came = tvb(place, 2):uint(), tvb(place + 2, 2):uint()
    if missing == 0 or came == 0 then return nil end
    local last = low - missing - 1
    low = last - came + 1
    words[#words + 1] = low == last and string.format("%d", low) or string.format("%d-%d", low, last)
  end
  if low < 0 then return nil end
  local said = table.concat(words, ", ")
  local branch = tree:add(kf.ack, tvb(at - 1, after - at + 1), said)
  branch:add(kf.ack_largest, tvb(at, 6))
  branch:add(kf.ack_delay, tvb(at + 6, 4))
  branch:add(kf.ack_ranges, tvb(at + 10, 1))
  return after, "acks " .. said
end

local function add_fragment(tvb, at, finish, tree)
  if at + 12 > finish then return nil end
  local size = tvb(at + 10, 2):uint()
  local part = { message = uint48(tvb, at), index = tvb(at + 6, 2):uint(), count = tvb(at + 8, 2):uint() }
  local after = at + 12 + size
  if after > finish or part.index >= part.count then return nil end
  part.bytes = size > 0 and tvb:raw(at + 12, size) or ""
  local said = part.count == 1 and string.format("message %d", part.message)
    or string.format("fragment %d of %d of message %d", part.index + 1, part.count, part.message)
  part.tree = tree:add(kf.fragment, tvb(at - 1, after - at + 1), said)
  part.tree:add(kf.message, tvb(at, 6))
  part.tree:add(kf.index, tvb(at + 6, 2))
  part.tree:add(kf.count, tvb(at + 8, 2))
  part.tree:add(kf.size, tvb(at + 10, 2))
  if size > 0 then part.tree:add(kf.data, tvb(at + 12, size)) end
  return after, said, part
end

local function add_token(field, word)
  return function(tvb, at, finish, tree)
    if at + 8 > finish then return nil end
    tree:add(field, tvb(at, 8))
    return at + 8, word
  end
end

local function add_mark(field, word)
  return function(tvb, at, _, tree)
    tree:add(field, tvb(at - 1, 1), true)
    return at, word
  end
end

local PARTS = {
  add_mark(kf.ping, "ping"), add_ack, add_fragment, add_mark(kf.close, "close"),
  add_token(kf.challenge, "challenge"), add_token(kf.response, "response"),
}

local function add_packet_header(tvb, tree)
  tree:add(kf.magic, tvb(0, 2))
  tree:add(kf.version, tvb(2, 1))
  local flags = tree:add(kf.flags, tvb(3, 1))
  for _, field in ipairs({ kf.answer, kf.opening, kf.unknown }) do flags:add(field, tvb(3, 1)) end
  tree:add(kf.connection, tvb(4, 8))
  tree:add(kf.number, tvb(12, 6))
end

-- All parts, in words; nil: one of them is none, so nothing of the packet counts.
local function add_parts(tvb, tree)
  local finish, at = tvb:len() - 4, PACKET_HEADER_BYTES
  local told, fragments = {}, {}
  while at < finish do
    local add = PARTS[tvb(at, 1):uint()]
    if add == nil then return nil end
    local after, said, part = add(tvb, at + 1, finish, tree)
    if after == nil then return nil end
    told[#told + 1] = said
    fragments[#fragments + 1] = part
    at = after
  end
  return told, fragments
end

-- The message that a fragment makes whole, as it was found on the first pass.
local function whole_by(flow, pinfo, ordinal, part)
  local key = pinfo.number .. "/" .. ordinal
  if not pinfo.visited then
    local made, has_room = assemble(flow, pinfo.number, part)
    whole[key] = made
    if made then whole_in[flow .. part.message] = pinfo.number end
    if not has_room then part.tree:add_proto_expert_info(ke_no_room) end
  end
  local home = whole_in[flow .. part.message]
  if home and home ~= pinfo.number then part.tree:add(kf.whole_in, home):set_generated() end
  return whole[key]
end

function packets.dissector(tvb, pinfo, root)
  local tree = root:add(packets, tvb())
  pinfo.cols.protocol = "Faultline packet"
  if not is_packet(tvb) then
    if has_packet_magic(tvb) then add_packet_header(tvb, tree) end
    tree:add(kf.crc_status, "bad"):set_generated()
    tree:add_proto_expert_info(ke_damaged)
    pinfo.cols.info = "a damaged packet"
    return tvb:len()
  end
  add_packet_header(tvb, tree)
  local told, fragments = add_parts(tvb, tree)
  tree:add(kf.crc, tvb(tvb:len() - 4, 4))
  tree:add(kf.crc_status, "good"):set_generated()
  if told == nil then
    tree:add_proto_expert_info(ke_damaged)
    pinfo.cols.info = "a packet with a part that is none"
    return tvb:len()
  end
  local place = place_of(pinfo)
  place.from = band(tvb(3, 1):uint(), FLAG_ANSWER) == 0 and "client" or "server"
  local flow = place.flow .. tostring(tvb(4, 8):bytes()) .. place.from
  for ordinal, part in ipairs(fragments) do
    local made = whole_by(flow, pinfo, ordinal, part)
    if made then
      for index = 0, (made.count or 0) - 1 do
        if made.pieces[index] ~= pinfo.number then part.tree:add(kf.piece_in, made.pieces[index]):set_generated() end
      end
      local inner = ByteArray.new(made.bytes, true):tvb("Message out of packets")
      told[#told + 1] = dissect_datagram(inner, pinfo, root, place)[1]
    end
  end
  local number = string.format("packet %d: ", uint48(tvb, 12))
  pinfo.cols.info = number .. table.concat(told, "; ", 1, math.min(#told, 4)) .. (#told > 4 and "; …" or "")
  return tvb:len()
end

-- The pipe codec: `body|checksum` -----------------------------------------------------------------
--
-- It has no length, so nobody can tell a piece of a message from a damaged one before the rest has
-- come or has not. Each packet is looked at by itself; over TCP one that is no whole message by itself
-- is "in part or damaged".

function pipe.dissector(tvb, pinfo, root)
  local text = tvb:raw()
  local tree = root:add(pipe, tvb())
  pinfo.cols.protocol = "Faultline pipe"
  if text == "error_code" then
    tree:add(pf.error, tvb(), true)
    pinfo.cols.info = "error_code"
    return tvb:len()
  end
  local body, checksum = text:match("^(.*)|(%x%x%x%x%x%x%x%x)[\r\n]*$")
  local good = body ~= nil and bit.tohex(sha1_32(body)) == checksum
  local in_part = not good and pinfo.port_type ~= 3
  if body then
    if #body > 0 then tree:add(pf.body, tvb(0, #body)) end
    tree:add(pf.checksum, tvb(#body + 1, 8))
  end
  local status = good and "good" or in_part and "in part or damaged" or "bad"
  tree:add(pf.status, tvb(), status):set_generated()
  if status == "bad" then tree:add_proto_expert_info(pe_damaged) end
  pinfo.cols.info = (good and "" or in_part and "in part or damaged: " or "damaged: ") .. (body or text):gsub("[^%g ]", ".")
  return tvb:len()
end

-- Who gets what -----------------------------------------------------------------------------------

-- What the description of the interface says it carries; nil where it says nothing.
local function carried()
  local description = text_of(x_description)
  if description:find("encrypted", 1, true) then return "encrypted" end
  if description:find("in packets", 1, true) then return "packets" end
  return description:match("codec (%a+)$")
end

local function is_header(tvb)
  return tvb:len() >= HEADER_BYTES and refused_header(tvb, 0) == nil
end

local function heuristic(tvb, pinfo, root)
  if tvb:len() == 0 then return false end
  local codec = carried()
  local proto
  if codec == "packets" or (codec == nil and pinfo.port_type == 3 and is_packet(tvb)) then proto = packets
  elseif codec == "frame" or (codec ~= "pipe" and is_header(tvb)) then proto = faultline
  elseif codec == "pipe" then proto = pipe
  else return false end
  pinfo.conversation = proto
  proto.dissector(tvb, pinfo, root)
  return true
end

-- Inside TLS under another application protocol than ours a frame is known by itself. The conversation
-- stays TLS's: it is its records that come.
local function heuristic_plain(tvb, pinfo, root)
  if not is_header(tvb) then return false end
  faultline.dissector(tvb, pinfo, root)
  return true
end

faultline:register_heuristic("tcp", heuristic)
faultline:register_heuristic("udp", heuristic)
pcall(function() faultline:register_heuristic("tls", heuristic_plain) end)
-- What both ends of ours name as their protocol (packages/tls/src/protocol-id.ts).
DissectorTable.get("tls.alpn"):add("faultline/1", faultline)
for _, name in ipairs({ "tcp.port", "udp.port" }) do
  DissectorTable.get(name):add_for_decode_as(faultline)
  DissectorTable.get(name):add_for_decode_as(pipe)
end
DissectorTable.get("udp.port"):add_for_decode_as(packets)
