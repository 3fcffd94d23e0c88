using OrleansFlow.Decisions.Limits;

namespace OrleansFlow.Tests.Decisions.Limits;

/// <summary>Queues that share a limit over a network that loses, repeats, holds up and reorders, while either side forgets what only memory held.</summary>
internal sealed class SharedLimitModel
{
    private const int Cap = 3;
    private readonly Random _random;
    private readonly int _seed;
    private readonly bool _isCapped;
    private readonly List<Queue> _queues = [];
    private readonly List<Action> _onTheWay = [];
    private readonly SortedSet<string> _stored = new(StringComparer.Ordinal);
    private SharedLimit _limit;
    private int _life;
    private bool _isFaulty = true;

    public SharedLimitModel(int seed, bool isCapped)
    {
        (_seed, _random, _isCapped) = (seed, new Random(seed), isCapped);
        _limit = NewLimit();
        for (var number = _random.Next(1, 5); number > 0; number--)
        {
            _queues.Add(new Queue($"q{number}"));
        }
    }

    public void Run()
    {
        for (var step = 0; step < 400; step++)
        {
            Step(_random.Next(100));
        }

        _isFaulty = false;
        for (var round = 0; _queues.Exists(queue => queue.Tasks.Count + queue.InHand.Count > 0); round++)
        {
            Assert.True(round < 2_000, $"seed {_seed}: {string.Join("; ", _queues.Select(queue => $"{queue.Name} has {queue.InHand.Count}, {queue.Tasks.Count} wait"))}");
            foreach (var queue in _queues)
            {
                queue.Doubtful = 0;
                Take(queue);
                if (queue.InHand.Count > 0)
                {
                    queue.InHand.RemoveAt(0);
                }

                Tick(queue, isLate: true);
            }

            TickLimit();
            while (_onTheWay.Count > 0)
            {
                Deliver();
            }
        }
    }

    private void Step(int dice)
    {
        var queue = _queues[_random.Next(_queues.Count)];
        switch (dice)
        {
            case < 10:
                // A queue takes its tasks first in, first out.
                queue.Tasks.Add(_isCapped ? int.MaxValue : _random.Next(1, 4));
                break;
            case < 30:
                Take(queue);
                break;
            case < 42 when queue.InHand.Count > 0:
                queue.InHand.RemoveAt(_random.Next(queue.InHand.Count));
                break;
            case < 60:
                Tick(queue, _random.Next(4) == 0);
                break;
            case < 88 when _onTheWay.Count > 0:
                Deliver();
                break;
            case < 91:
                TickLimit();
                break;
            case < 94:
                // What is in hand stays so; which of the others were, is not known at once.
                (queue.Term, queue.Share, queue.Doubtful) = (queue.Term + 1, new LimitShare(), _random.Next(queue.Tasks.Count + 1));
                break;
            case < 99:
                queue.Doubtful = 0;
                break;
            case 99:
                _limit = NewLimit();
                break;
        }
    }

    private SharedLimit NewLimit()
    {
        _life++;
        return new SharedLimit(_stored, _isCapped ? Cap : null);
    }

    private void Take(Queue queue)
    {
        while (queue.Tasks.Count > queue.Doubtful)
        {
            var limit = queue.Tasks[0];
            if (!queue.Share.MayTake(queue.InHand.Count + queue.Doubtful, limit))
            {
                queue.Share.IsNeeded = true;
                return;
            }

            var before = _queues.Sum(one => one.InHand.Count);
            Assert.True(before < (_isCapped ? Cap : limit), $"seed {_seed}: {before} are in hand, and one with limit {limit} is taken by {queue.Name}");
            queue.Tasks.RemoveAt(0);
            queue.InHand.Add(limit);
        }

        queue.Share.IsNeeded = false;
    }

    private void Tick(Queue queue, bool isLate)
    {
        var (inHand, wanted, limit) = queue.Demand();
        if (queue.Share.MustReport(inHand, wanted, limit, isLate))
        {
            var report = queue.Share.Report(queue.NextSequence(), inHand, wanted, limit);
            Send(() => Hear(queue, report, answersLife: 0));
        }
    }

    private void Hear(Queue queue, ShareReport report, int answersLife)
    {
        if (answersLife != 0 && answersLife != _life)
        {
            return;
        }

        _stored.Add(queue.Name);
        var changed = _limit.Report(queue.Name, report, answersLife != 0);
        Tell(queue);
        foreach (var name in changed)
        {
            Tell(_queues.Single(one => one.Name == name));
        }
    }

    private void Tell(Queue queue)
    {
        var grant = _limit.GrantOf(queue.Name);
        var life = _life;
        Send(() =>
        {
            // One at a time is told and answers; what came too late is told again.
            if (!queue.Share.Adopt(grant) && (_isFaulty || _onTheWay.Count == 0))
            {
                Answer(queue, life);
            }
        });
    }

    private void Answer(Queue queue, int life)
    {
        var (inHand, wanted, limit) = queue.Demand();
        var report = queue.Share.Report(queue.NextSequence(), inHand, wanted, limit);
        Send(() => Hear(queue, report, life));
    }

    private void TickLimit()
    {
        var life = _life;
        foreach (var queue in _queues.Where(queue => _limit.Silent.Contains(queue.Name)))
        {
            Send(() => Answer(queue, life));
        }

        foreach (var name in _limit.Overdue())
        {
            Tell(_queues.Single(queue => queue.Name == name));
        }
    }

    private void Send(Action message)
    {
        var copies = _isFaulty ? _random.Next(10) switch { 0 => 0, 1 => 2, _ => 1 } : 1;
        for (; copies > 0; copies--)
        {
            _onTheWay.Add(message);
        }
    }

    private void Deliver()
    {
        var number = _random.Next(_onTheWay.Count);
        var message = _onTheWay[number];
        _onTheWay.RemoveAt(number);
        message();
    }

    private sealed class Queue(string name)
    {
        private long _number;

        public string Name { get; } = name;

        public long Term { get; set; } = 1;

        public LimitShare Share { get; set; } = new();

        /// <summary>The limit that each waiting task names.</summary>
        public List<int> Tasks { get; } = [];

        public List<int> InHand { get; } = [];

        /// <summary>Waiting tasks that count as in hand until it is known that they are not.</summary>
        public int Doubtful { get; set; }

        public long NextSequence() => (Term << 32) + ++_number;

        public (int InHand, int Wanted, int Limit) Demand()
        {
            var inHand = InHand.Count + Doubtful;
            return (inHand, inHand + (Share.IsNeeded ? Tasks.Count - Doubtful : 0), Tasks.Concat(InHand).DefaultIfEmpty(int.MaxValue).Min());
        }
    }
}
