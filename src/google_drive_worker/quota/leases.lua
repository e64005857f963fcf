-- What replicas share of the quota. In: KEYS[1] the replicas, then two keys a limit (its book, its window), and ARGV[1]
-- what one replica asks, as JSON (`shared_books.py` has its shape). Out: the answer, as JSON. Times are milliseconds.
--
-- A limit counts what was spent in its last period, in cells as `window.py` does, and what is leased and not spent yet:
-- together never more than is allowed. Replicas tell totals since their start, so that an ask that comes twice counts once.
-- `clock()` stands before this text: Redis's own time, so that the clocks of replicas do not matter.

local ask = cjson.decode(ARGV[1])
local rules = ask.rules
local now = clock()

-- A book from the future belongs to a clock that was set back, by a failover say: it counts as lost.
local function read(keys)
  local flat, book = redis.call('HGETALL', keys.book), { leases = {} }
  for i = 1, #flat, 2 do
    local replica = string.match(flat[i], '^lease:(.*)$')
    if replica then
      book.leases[replica] = cjson.decode(flat[i + 1])
    else
      book[flat[i]] = tonumber(flat[i + 1])
    end
  end
  if (book.level_at or now) > now + rules.slack then
    redis.call('DEL', keys.book, keys.window)
    book = { leases = {} }
  end
  book.born = book.born or now
  book.sum = book.sum or 0
  return book
end

local function write(key, book)
  for _, field in ipairs({ 'born', 'sum', 'cell', 'level', 'level_at', 'learnt', 'learnt_at', 'paused_until' }) do
    if book[field] then
      redis.call('HSET', key, field, book[field])
    end
  end
end

-- The window: what was spent in a cell leaves a whole period after the cell's end, with what clocks may differ by.

local function count_cells(limit)
  limit.grain = math.ceil(limit.period / rules.grains)
  limit.cells = rules.grains + math.ceil(rules.slack / limit.grain) + 1
end

local function forget_cells(book, key, limit)
  local cell = math.floor(now / limit.grain)
  local last = book.cell or cell
  if cell - last >= limit.cells then
    redis.call('DEL', key)
    book.sum = 0
  elseif cell > last then
    local left = {}
    for passed = last + 1, cell do
      left[#left + 1] = passed % limit.cells
    end
    for _, amount in ipairs(redis.call('HMGET', key, unpack(left))) do
      book.sum = math.max(book.sum - (tonumber(amount) or 0), 0)
    end
    redis.call('HDEL', key, unpack(left))
  end
  book.cell = math.max(cell, last)
end

local function count(book, key, limit, amount, age)
  local cell = math.min(math.floor((now - age) / limit.grain), book.cell)
  if amount > 0 and cell > book.cell - limit.cells then
    redis.call('HINCRBYFLOAT', key, cell % limit.cells, amount)
    book.sum = book.sum + amount
  end
end

local function count_evenly(book, key, limit, amount)
  for cell = 0, limit.cells - 1 do
    redis.call('HINCRBYFLOAT', key, cell, amount / limit.cells)
  end
  book.sum = book.sum + amount
end

-- What is allowed: as `estimate.py` has it.

local function allowed(book, limit)
  if not book.learnt then
    return limit.limit
  end
  local minutes = math.max(now - book.learnt_at, 0) / 60000
  return math.min(book.learnt * (1 + rules.step * minutes * minutes / 2), limit.limit)
end

local function refuse(book, limit)
  book.paused_until = math.max(book.paused_until or 0, now + limit.pause)
  if book.learnt_at and now - book.learnt_at < rules.learn_every then
    return
  end
  local before = allowed(book, limit)
  local lowered = math.max(math.min(before, book.sum) * rules.decrease, before * rules.least_decrease)
  book.learnt = math.max(lowered, limit.limit * rules.floor)
  book.learnt_at = now
end

-- Leases.

-- A replica that is silent for too long may have spent all it had, at the last moment at which it still could.
local function end_dead_leases(book, keys, limit)
  for replica, lease in pairs(book.leases) do
    local silent = now - lease.seen - rules.lease
    if silent > 0 then
      count(book, keys.window, limit, lease.granted - lease.spent, silent)
      redis.call('HDEL', keys.book, 'lease:' .. replica)
      book.leases[replica] = nil
    end
  end
end

-- The asker's lease. One whose lease was ended tells what it spent since its last answer; where Redis has lost the whole
-- book, also what it spent before.
local function lease_of_asker(book, keys, limit)
  local mine = book.leases[ask.replica]
  if not mine then
    mine = { granted = limit.acknowledged, spent = limit.acknowledged }
    book.leases[ask.replica] = mine
    if limit.born ~= 0 and limit.born ~= book.born then
      count_evenly(book, keys.window, limit, limit.recent)
    end
  end
  return mine
end

-- Of what is told, newest first, as much as is not counted yet.
local function count_spent(book, keys, limit, mine)
  local new = limit.spent - mine.spent
  for i = #limit.grains, 1, -1 do
    local amount = math.min(limit.grains[i][2], new)
    count(book, keys.window, limit, amount, limit.grains[i][1])
    new = new - amount
  end
  mine.spent = math.max(mine.spent, limit.spent)
  mine.granted = math.max(mine.granted, mine.spent)
end

local function leased(book)
  local units, hungry = 0, 0
  for replica, lease in pairs(book.leases) do
    units = units + lease.granted - lease.spent
    if lease.hungry and replica ~= ask.replica then
      hungry = hungry + 1
    end
  end
  return units, hungry
end

local function flow(book, limit, may)
  local rate = may / limit.period
  local burst = rate * rules.burst
  book.level = math.min((book.level or burst) + math.max(now - (book.level_at or now), 0) * rate, burst)
  book.level_at = now
  return burst
end

-- Changes take what there is; the others leave a part free for them, flow evenly, and share with who else goes short.
local function lend(book, limit, mine, may)
  local burst = flow(book, limit, may)
  local held = mine.granted - mine.spent
  local need = limit.want - held
  if need < 0 then
    mine.granted = mine.granted + need
    book.level = math.min(book.level - need, burst)
  end
  local units, hungry = leased(book)
  local room = may - book.sum - units
  local given = 0
  if need > 0 then
    given = math.floor(math.max(math.min(limit.urgent - held, need, room), 0))
    local rest, free = need - given, room - given - may * rules.free
    local least = math.min(limit.least, rest, may * (1 - rules.free))
    if rest > 0 and free >= least and book.level >= math.min(least, burst) then
      local paced = math.floor(math.min(rest, free, math.max(least, book.level / (hungry + 1))))
      book.level = book.level - paced
      given = given + paced
    end
  end
  mine.granted = mine.granted + given
  mine.hungry = need > given
  return room - given
end

local function answer(limit, keys)
  count_cells(limit)
  local book = read(keys)
  forget_cells(book, keys.window, limit)
  end_dead_leases(book, keys, limit)
  local mine = lease_of_asker(book, keys, limit)
  count_spent(book, keys, limit, mine)
  if limit.refused then
    refuse(book, limit)
  end
  local may = allowed(book, limit)
  local free = lend(book, limit, mine, may)
  mine.seen = now
  write(keys.book, book)
  if ask.leaving then
    redis.call('HDEL', keys.book, 'lease:' .. ask.replica)
  else
    redis.call('HSET', keys.book, 'lease:' .. ask.replica, cjson.encode(mine))
  end
  redis.call('PEXPIRE', keys.book, 2 * limit.period)
  redis.call('PEXPIRE', keys.window, 2 * limit.period)
  local paused = math.max((book.paused_until or 0) - now, 0)
  return { granted = mine.granted, allowed = may, used = book.sum, free = free, paused = paused, born = book.born }
end

local function replicas()
  redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - rules.replica)
  redis.call('ZREMRANGEBYSCORE', KEYS[1], now + rules.slack, '+inf')
  redis.call(unpack(ask.leaving and { 'ZREM', KEYS[1], ask.replica } or { 'ZADD', KEYS[1], now, ask.replica }))
  redis.call('PEXPIRE', KEYS[1], 2 * rules.replica)
  return redis.call('ZCARD', KEYS[1])
end

local answers = {}
for i, limit in ipairs(ask.limits) do
  answers[i] = answer(limit, { book = KEYS[2 * i], window = KEYS[2 * i + 1] })
end
return cjson.encode({ replicas = replicas(), limits = answers })
