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
    private readonly bool[] _isHeld;
    private readonly Dictionary<QueryTaskId, List<TaskPlacement>> _given = [];
    private readonly Dictionary<(QueryTaskId Reader, int Attempt), List<(QueryTaskId Producer, int Attempt, bool IsKept)>> _reads = [];
    private readonly HashSet<(QueryTaskId Task, int Attempt)> _gone = [];
    private QueryState _state = QueryState.New;
    private DateTimeOffset _nowUtc = StartUtc;
    private int _workerCount;
    private bool _isDelivering;

    public QueryModel(int seed)
    {
        _random = new Random(seed);
        _case = string.Create(CultureInfo.InvariantCulture, $"seed {seed}");
        _rules = seed % 2 == 0 ? new QueryRules(_random.Next(1, 5), TimeSpan.FromSeconds(1)) : new QueryRules(_random.Next(3, 6), TimeSpan.FromSeconds(1))
        {
            Speculation = new SpeculationRules(_random.Next(1, 60) / 100.0, 1 + _random.NextDouble(), TimeSpan.FromMilliseconds(_random.Next(1, 300)), _random.Next(1, 4)),
        };
        _stages = RandomShapes.Stages(_random);
        _isHeld = new bool[_stages.Length];
        for (var stage = 0; stage < _stages.Length; stage++)
        {
            _isHeld[stage] = _random.Next(4) == 0 || _stages[stage].Inputs.Any(input => _isHeld[input.Producer]);
        }
    }

    public QueryState State => _state;

    /// <summary>Copies that were started, and those that won.</summary>
    public (int Started, int Won) Copies { get; private set; }

    private int ResultAttempt => _state.Has(_state.ResultTask) ? _state[_state.ResultTask].Attempt : 1;

    public void Run(int steps)
    {
        var placed = _stages.Select((stage, position) => _isHeld[position] ? stage with { TaskCount = 0, Inputs = [.. stage.Inputs.Select(input => input with { Reads = [] })] } : stage);
        Apply(new QueryCommand.Place([.. placed], NewWorkers(_random.Next(1, 5)), _random.Next(3) == 0 ? StartUtc.AddSeconds(_random.Next(200)) : null));
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
            Release(_stages.Length);
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
        Assert.False(QueryDecider.Decide(_state, new QueryCommand.BeginDelivery(ResultAttempt), _rules, _nowUtc).IsAccepted);
    }

    private void Step()
    {
        _nowUtc = _nowUtc.AddMilliseconds(_random.Next(800));
        if (_state.Tasks.Length == 0 || _random.Next(10) == 0)
        {
            Release(1);
            return;
        }

        var id = _state.TaskIds().ElementAt(_random.Next(_state.Tasks.Length));
        var attempt = _state[id].CopyWorker is not null && _random.Next(2) == 0 ? _state[id].CopyAttempt : Math.Max(1, _state[id].Attempt - (_random.Next(4) == 0 ? 1 : 0));
        switch (_random.Next(100))
        {
            case < 45:
                Apply(new QueryCommand.Finish(id, attempt));
                break;
            case < 58:
                // Mostly the reader's own view of a loss: the producer has said nothing.
                var lost = _reads.GetValueOrDefault((id, attempt)) is { Count: > 0 } reads ? reads[_random.Next(reads.Count)] : default((QueryTaskId Producer, int Attempt, bool IsKept)?);
                if (lost is null || attempt == _state[id].CopyAttempt)
                {
                    _gone.Add((id, attempt));
                }

                Apply(new QueryCommand.Fail(id, attempt, FlowErrorCode.StoreUnavailable, "gone") { Lost = lost is { } one ? (one.Producer, one.Attempt) : null });
                break;
            case < 60:
                if (attempt == _state[id].CopyAttempt)
                {
                    _gone.Add((id, attempt));
                }

                Apply(new QueryCommand.Fail(id, attempt, FlowErrorCode.EngineError, "wrong"));
                break;
            case < 68:
                Apply(new QueryCommand.LoseWorker(_state.Workers[_random.Next(_state.Workers.Length)].Id, "it is gone"));
                break;
            case < 76:
                Apply(new QueryCommand.SeeWorkers([.. _state.Workers, .. NewWorkers(_random.Next(2))]));
                break;
            case < 80:
                _isDelivering |= Apply(new QueryCommand.BeginDelivery(Math.Max(1, ResultAttempt - _random.Next(2)))).IsAccepted;
                break;
            case < 81:
                Apply(new QueryCommand.Abort(FlowErrorCode.Cancelled, "enough"));
                break;
            default:
                Apply(new QueryCommand.Tick());
                break;
        }
    }

    /// <summary>Gives tasks to the first stages that are held, all at once.</summary>
    private void Release(int count)
    {
        var held = _state.Stages.Select((stage, position) => (stage, position)).Where(one => one.stage.IsHeld).Take(count).ToList();
        if (_state.End is null && held.Count > 0)
        {
            var decision = Apply(new QueryCommand.Release([.. held.Select(one => new StageRelease(one.position, _stages[one.position]))]));
            Assert.True(decision.IsAccepted, $"{_case}: {decision.Refused}");
            Assert.True(decision.State.End is not null || held.All(one => !decision.State.Stages[one.position].IsHeld), $"{_case}: a stage stays held");
            Assert.False(QueryDecider.Decide(_state, new QueryCommand.Release([new StageRelease(held[0].position, _stages[held[0].position])]), _rules, _nowUtc).IsAccepted);
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

        CheckCopies(decision, command);
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
        attempts.Add(placed);
        _reads[(placed.Task, placed.Attempt)] = [.. ProducersOf(placed.Task).Select(read => (read.Producer, _state[read.Producer].Attempt, read.IsKept))];
    }

    /// <summary>Of each task no more than the attempt that counts and one copy are alive, and workers are told to stop what is not.</summary>
    private void CheckCopies(QueryDecision decision, QueryCommand command)
    {
        Copies = (Copies.Started + decision.ToSet.Count(placed => placed.IsCopy), Copies.Won + decision.Moved.Length);
        foreach (var stopped in decision.ToStop)
        {
            Assert.True(!IsLost(stopped.Worker) && _given[stopped.Task][stopped.Attempt - 1].Worker == stopped.Worker, $"{_case}: {command} stops {stopped}, which is not there");
            _gone.Add((stopped.Task, stopped.Attempt));
        }

        foreach (var moved in decision.Moved)
        {
            Assert.True(decision.ToSet.Any(placed => placed.Task == moved.Task) || _state[moved.Task] is var task && (task.Attempt, task.Worker) == (moved.Attempt, moved.Worker), $"{_case}: {command} does not move {moved}");
        }

        Assert.True(_state.Tasks.Count(task => task.CopyWorker is not null) <= (_rules.Speculation?.CopiesMax ?? 0), $"{_case}: {command} leaves too many copies");
        foreach (var (id, attempts) in _state.End is null ? _given.ToDictionary() : [])
        {
            var task = _state[id];
            foreach (var old in attempts.Where(one => one.Attempt != task.Attempt && (task.CopyWorker is null || one.Attempt != task.CopyAttempt)))
            {
                // A worker replaces an older attempt by itself.
                Assert.True(
                    IsLost(old.Worker) || _gone.Contains((id, old.Attempt)) || attempts.Any(later => later.Attempt > old.Attempt && later.Worker == old.Worker),
                    $"{_case}: {command} leaves attempt {old.Attempt} of {id} alive at {old.Worker}");
            }

            if (task.CopyWorker is { } copying)
            {
                Assert.True(task.IsLive && copying != task.Worker && !IsLost(copying) && task.CopyAttempt < _rules.AttemptsMax, $"{_case}: {command} leaves a copy of {id} that is of no use");
                Assert.All(_reads[(id, task.CopyAttempt)], read => Assert.True(read.IsKept && _state[read.Producer].Attempt == read.Attempt && !IsLost(_state[read.Producer].Worker), $"{_case}: {command}: the copy of {id} reads {read}"));
            }
        }
    }

    private void CheckTasks(QueryCommand command)
    {
        foreach (var producer in _state.Stages.Where(stage => stage.IsHeld && _state.End is null).SelectMany(stage => stage.Inputs).Select(input => input.Producer).Distinct())
        {
            for (var number = 0; number < _state.Stages[producer].TaskCount; number++)
            {
                Assert.False(IsLost(_state[new QueryTaskId(producer, number)].Worker), $"{_case}: {command}: rows of stage {producer} are lost, and a held stage will read them");
            }
        }

        foreach (var id in _state.TaskIds())
        {
            var task = _state[id];
            if (_state.End is not null)
            {
                Assert.False(task.IsLive, $"{_case}: {id} outlives its query");
                continue;
            }

            Assert.True(task.Worker == _given[id][task.Attempt - 1].Worker && task.NextAttempt == _given[id].Count + 1, $"{_case}: {id} is not where it was placed");
            foreach (var (producer, attempt, _) in task.Status is QueryTaskStatus.Finished or QueryTaskStatus.Live ? _reads[(id, task.Attempt)] : [])
            {
                Assert.True(
                    !_state.Stages[producer.Stage].IsVolatile || _state[producer].Attempt == attempt,
                    $"{_case}: {command}: {id} counts rows of attempt {attempt} of {producer}, others those of {_state[producer].Attempt}, and these may be other rows");
            }

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
        foreach (var input in _state.Stages[id.Stage].Inputs)
        {
            var (first, count) = input.ReadBy(id.Number, _state.Stages[input.Producer].TaskCount);
            for (var number = first; number < first + count; number++)
            {
                yield return (new QueryTaskId(input.Producer, number), input.IsMaterialized);
            }
        }
    }

    private bool IsLost(string worker) => _state.Workers.Any(known => known.Id == worker && known.IsLost);

    private ImmutableArray<QueryWorker> NewWorkers(int count) =>
        [.. Enumerable.Range(0, count).Select(_ => new QueryWorker(string.Create(CultureInfo.InvariantCulture, $"w{_workerCount++}"), _random.Next(1, 4), _random.Next(3)))];
}
