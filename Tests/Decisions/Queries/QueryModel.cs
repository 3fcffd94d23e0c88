using System.Collections.Immutable;
using System.Globalization;
using OrleansFlow.Decisions.Queries;
using OrleansFlow.Errors;

namespace OrleansFlow.Tests.Decisions.Queries;

/// <summary>A random query over workers that fail, vanish and come, and what must hold after every step of it.</summary>
internal sealed class QueryModel
{
    private static readonly DateTimeOffset StartUtc = DateTimeOffset.UnixEpoch;

    private readonly Random _random;
    private readonly string _case;
    private readonly QueryRules _rules;
    private readonly ImmutableArray<StageShape> _stages;
    private readonly Dictionary<QueryTaskId, List<TaskPlacement>> _given = [];
    private readonly Dictionary<(QueryTaskId Reader, int Attempt), List<(QueryTaskId Producer, int Attempt, bool IsKept)>> _reads = [];
    private readonly HashSet<(QueryTaskId Task, int Attempt)> _failed = [];
    private QueryState _state = QueryState.New;
    private DateTimeOffset _nowUtc = StartUtc;
    private int _workerCount;
    private bool _isDelivering;

    public QueryModel(int seed)
    {
        _random = new Random(seed);
        _case = string.Create(CultureInfo.InvariantCulture, $"seed {seed}");
        _rules = new QueryRules(_random.Next(1, 5), TimeSpan.FromSeconds(1));
        _stages = RandomStages();
    }

    public QueryState State => _state;

    public void Run(int steps)
    {
        Apply(new QueryCommand.Place(_stages, NewWorkers(_random.Next(1, 5)), _random.Next(3) == 0 ? StartUtc.AddSeconds(_random.Next(200)) : null));
        for (var step = 0; step < steps && _state.End is null; step++)
        {
            Step();
        }

        // Whatever happened: from here on nothing fails, and the query comes to an end.
        for (var round = 0; _state.End is null; round++)
        {
            Assert.True(round < 10, $"{_case}: the query does not end");
            _nowUtc = _nowUtc.AddSeconds(2);
            Apply(new QueryCommand.Tick());
            foreach (var id in _state.TaskIds().ToList())
            {
                Apply(new QueryCommand.Finish(id, _state[id].Attempt));
            }

            if (_state.End is null && _state.TaskIds().All(id => _state[id].Status == QueryTaskStatus.Finished))
            {
                Apply(new QueryCommand.Complete());
            }
        }

        Assert.DoesNotContain(_state.Tasks, task => task.IsLive || task.Status == QueryTaskStatus.Pending);
        Assert.False(QueryDecider.Decide(_state, new QueryCommand.BeginDelivery(_state[_state.ResultTask].Attempt), _rules, _nowUtc).IsAccepted);
    }

    private void Step()
    {
        _nowUtc = _nowUtc.AddMilliseconds(_random.Next(800));
        var id = _state.TaskIds().ElementAt(_random.Next(_state.Tasks.Length));
        var attempt = Math.Max(1, _state[id].Attempt - (_random.Next(4) == 0 ? 1 : 0));
        switch (_random.Next(100))
        {
            case < 45:
                Apply(new QueryCommand.Finish(id, attempt));
                break;
            case < 58:
                // Mostly the reader's own view of a loss: the producer has said nothing.
                var lost = _reads.GetValueOrDefault((id, attempt)) is { Count: > 0 } reads ? reads[_random.Next(reads.Count)] : default((QueryTaskId Producer, int Attempt, bool IsKept)?);
                if (_state[id].Attempt == attempt && lost is null)
                {
                    _failed.Add((id, attempt));
                }

                Apply(new QueryCommand.Fail(id, attempt, FlowErrorCode.StoreUnavailable, "gone") { Lost = lost is { } one ? (one.Producer, one.Attempt) : null });
                break;
            case < 60:
                Apply(new QueryCommand.Fail(id, attempt, FlowErrorCode.EngineError, "wrong"));
                break;
            case < 68:
                Apply(new QueryCommand.LoseWorker(_state.Workers[_random.Next(_state.Workers.Length)].Id, "it is gone"));
                break;
            case < 76:
                Apply(new QueryCommand.SeeWorkers([.. _state.Workers, .. NewWorkers(_random.Next(2))]));
                break;
            case < 80:
                var result = _state.ResultTask;
                _isDelivering |= Apply(new QueryCommand.BeginDelivery(Math.Max(1, _state[result].Attempt - _random.Next(2)))).IsAccepted;
                break;
            case < 81:
                Apply(new QueryCommand.Abort(FlowErrorCode.Cancelled, "enough"));
                break;
            default:
                Apply(new QueryCommand.Tick());
                break;
        }
    }

    private QueryDecision Apply(QueryCommand command)
    {
        var before = _state;
        var decision = QueryDecider.Decide(before, command, _rules, _nowUtc);
        _state = decision.State;
        if (decision.ToSet.Length > 0)
        {
            Assert.True(_state.End is null, $"{_case}: {command} starts tasks of a query that has ended");
            Assert.False(_isDelivering && decision.ToSet.Any(placed => placed.Task == _state.ResultTask), $"{_case}: rows that were delivered are made again");
        }

        foreach (var placed in decision.ToSet)
        {
            Take(placed, command);
        }

        CheckTasks(command);
        return decision;
    }

    private void Take(TaskPlacement placed, QueryCommand command)
    {
        if (!_given.TryGetValue(placed.Task, out var attempts))
        {
            _given[placed.Task] = attempts = [];
        }

        Assert.True(placed.Attempt == attempts.Count + 1, $"{_case}: {command} gives attempt {placed.Attempt} of {placed.Task} after {attempts.Count}");
        Assert.True(placed.Attempt <= _rules.AttemptsMax, $"{_case}: {placed.Task} gets attempt {placed.Attempt} of {_rules.AttemptsMax}");
        if (attempts.Count > 0)
        {
            // A worker replaces an older attempt; nobody stops one at another worker, so that one must be gone.
            var last = attempts[^1];
            Assert.True(
                last.Worker == placed.Worker || IsLost(last.Worker) || _failed.Contains((last.Task, last.Attempt)),
                $"{_case}: {command} leaves attempt {last.Attempt} of {last.Task} alive at {last.Worker}");
        }

        attempts.Add(placed);
        _reads[(placed.Task, placed.Attempt)] = [.. ProducersOf(placed.Task).Select(read => (read.Producer, _state[read.Producer].Attempt, read.IsKept))];
    }

    private void CheckTasks(QueryCommand command)
    {
        foreach (var id in _state.TaskIds())
        {
            var task = _state[id];
            if (_state.End is not null)
            {
                Assert.False(task.IsLive, $"{_case}: {id} outlives its query");
                continue;
            }

            Assert.True(task.Attempt == _given[id].Count && task.Worker == _given[id][^1].Worker, $"{_case}: {id} is not where it was placed");
            if (!task.IsLive)
            {
                continue;
            }

            Assert.False(IsLost(task.Worker), $"{_case}: {command} leaves {id} at a lost worker");
            foreach (var (producer, attempt, isKept) in _reads[(id, task.Attempt)])
            {
                Assert.True(_state[producer].Attempt == attempt, $"{_case}: {command}: {id} reads attempt {attempt} of {producer}, which has {_state[producer].Attempt}");
                Assert.False(IsLost(_state[producer].Worker), $"{_case}: {command}: {id} reads {producer} at a lost worker");
                Assert.True(
                    isKept || !Enumerable.Range(1, task.Attempt - 1).Any(older => _reads[(id, older)].Contains((producer, attempt, isKept))),
                    $"{_case}: {command}: {id} reads rows of {producer} again that were not kept");
            }
        }
    }

    private IEnumerable<(QueryTaskId Producer, bool IsKept)> ProducersOf(QueryTaskId id)
    {
        foreach (var input in _stages[id.Stage].Inputs)
        {
            var (first, count) = input.ReadBy(id.Number, _stages[input.Producer].TaskCount);
            for (var number = first; number < first + count; number++)
            {
                yield return (new QueryTaskId(input.Producer, number), input.IsMaterialized);
            }
        }
    }

    private bool IsLost(string worker) => _state.Workers.Any(known => known.Id == worker && known.IsLost);

    private ImmutableArray<QueryWorker> NewWorkers(int count) =>
        [.. Enumerable.Range(0, count).Select(_ => new QueryWorker(string.Create(CultureInfo.InvariantCulture, $"w{_workerCount++}"), _random.Next(1, 4), _random.Next(3)))];

    private ImmutableArray<StageShape> RandomStages()
    {
        var stages = new List<StageShape>();
        var count = _random.Next(1, 6);
        for (var index = 0; index < count; index++)
        {
            var tasks = index == count - 1 ? 1 : _random.Next(1, 5);
            var inputs = new List<StageLink>();
            for (var producer = 0; producer < index; producer++)
            {
                if (producer == index - 1 || _random.Next(3) == 0)
                {
                    var first = _random.Next(tasks);
                    inputs.Add(new StageLink(producer, _random.Next(2) == 0, _random.Next(3) == 0, first, _random.Next(1, tasks - first + 1)));
                }
            }

            stages.Add(new StageShape(tasks, [.. inputs], []));
        }

        return [.. stages];
    }
}
