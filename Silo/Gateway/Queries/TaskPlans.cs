using Google.Protobuf.WellKnownTypes;
using OrleansFlow.Decisions.Queries;
using OrleansFlow.Protocol.Queries.V1;
using OrleansFlow.Queries;
using OrleansFlow.Sql.Stages;

namespace OrleansFlow.Silo.Gateway.Queries;

/// <summary>The tasks of one query as workers take them, made from its stages and from where its tasks are.</summary>
internal sealed class TaskPlans
{
    private readonly string _queryId;
    private readonly DistributedPlan _plan;
    private readonly IReadOnlyDictionary<StageScan, IQueryScan> _scans;
    private readonly IReadOnlyDictionary<string, string> _headers;
    private readonly bool _keepsRows;
    private readonly Dictionary<int, int> _positions;

    /// <param name="queryId">The query.</param>
    /// <param name="plan">Its stages.</param>
    /// <param name="scans">Each scan of each stage.</param>
    /// <param name="headers">What the caller of the query sent along.</param>
    /// <param name="keepsRows">Whether every stage keeps its rows until the query ends.</param>
    public TaskPlans(string queryId, DistributedPlan plan, IReadOnlyDictionary<StageScan, IQueryScan> scans, IReadOnlyDictionary<string, string> headers, bool keepsRows)
    {
        _queryId = queryId;
        _plan = plan;
        _scans = scans;
        _headers = headers;
        _keepsRows = keepsRows;
        _positions = plan.Stages.Select((stage, position) => (stage.Id, position)).ToDictionary(pair => pair.Id, pair => pair.position);
    }

    /// <summary>The stages as the query's grain sees them.</summary>
    public IReadOnlyList<QueryStagePlan> Stages() =>
    [
        .. _plan.Stages.Select(stage => new QueryStagePlan(
            stage.TaskCount,
            [.. stage.Inputs.Select(input => LinkOf(input)).Select(link => new QueryStageLink(link.Producer, link.IsMaterialized, link.IsGrouped, link.FirstTask, link.TaskCount))],
            [])),
    ];

    /// <summary>The position of a stage; null for none.</summary>
    public int? PositionOf(int stageId) => _positions.TryGetValue(stageId, out var position) ? position : null;

    /// <summary>The name of an attempt on the wire.</summary>
    public TaskKey KeyOf(QueryAttempt attempt) => new() { QueryId = _queryId, Stage = _plan.Stages[attempt.Stage].Id, Task = attempt.Task, Attempt = attempt.Attempt };

    /// <summary>One task.</summary>
    /// <param name="attempt">Which attempt.</param>
    /// <param name="at">Where it is to run.</param>
    /// <param name="places">Where every task of the query is, and its newest attempt.</param>
    /// <param name="timeLimit">What is left of the query's time.</param>
    public TaskPlan Make(QueryAttempt attempt, QueryPeer at, Func<int, int, (int Attempt, QueryPeer At)> places, TimeSpan timeLimit)
    {
        var stage = _plan.Stages[attempt.Stage];
        var task = new TaskPlan
        {
            Key = KeyOf(attempt),
            Sql = stage.Sql,
            IsPassThrough = stage.IsPassThrough,
            TimeLimit = Duration.FromTimeSpan(timeLimit),
        };
        task.ColumnTypes.AddRange(stage.ColumnTypes);
        foreach (var (name, value) in _headers)
        {
            task.Headers[name] = value;
        }

        foreach (var scan in stage.Scans)
        {
            var part = attempt.Task - scan.FirstTask;
            task.Scans.Add(_scans[scan].Of(part >= 0 && part < scan.TaskCount ? part : -1, at));
        }

        foreach (var input in stage.Inputs)
        {
            task.Inputs.Add(InputOf(input, attempt.Task, places));
        }

        for (var index = 0; index < stage.Outputs.Count; index++)
        {
            task.Outputs.Add(OutputOf(stage, index));
        }

        return task;
    }

    private StageLink LinkOf(StageInput input)
    {
        var output = Producer(input).Outputs[input.OutputIndex];
        return new StageLink(_positions[input.StageId], IsKept(output), output.Kind == ExchangeKind.Coalesce, input.FirstTask, input.TaskCount);
    }

    private QueryStage Producer(StageInput input) => _plan.Stages[_positions[input.StageId]];

    private bool IsKept(StageOutput output) => output.IsMaterialized || _keepsRows;

    private TaskInput InputOf(StageInput input, int task, Func<int, int, (int Attempt, QueryPeer At)> places)
    {
        var producer = Producer(input);
        var output = producer.Outputs[input.OutputIndex];
        var result = new TaskInput { Name = input.Name };
        result.ColumnTypes.AddRange(producer.ColumnTypes);
        if (output.Kind == ExchangeKind.Merge)
        {
            result.Order.AddRange(output.Order.Select(key => new SortKey { Column = key.Column, Descending = key.IsDescending, NullsFirst = key.NullsFirst }));
        }

        var link = LinkOf(input);
        var (first, count) = link.ReadBy(task, producer.TaskCount);
        var (firstPartition, partitionCount) = PartitionsOf(output, task - input.FirstTask, input.TaskCount);
        for (var number = first; number < first + count; number++)
        {
            var (attempt, at) = places(link.Producer, number);
            result.Sources.Add(new InputSource
            {
                Location = at.Location,
                Range = new OutputRange
                {
                    Key = KeyOf(new QueryAttempt(link.Producer, number, attempt)),
                    Output = input.OutputIndex,
                    FirstPartition = firstPartition,
                    PartitionCount = partitionCount,
                },
            });
        }

        return result;
    }

    private static (int First, int Count) PartitionsOf(StageOutput output, int consumer, int consumers)
    {
        if (output.Kind is not (ExchangeKind.Shuffle or ExchangeKind.RoundRobin))
        {
            return (0, 1);
        }

        var first = (int)((long)consumer * output.PartitionCount / consumers);
        return (first, (int)((long)(consumer + 1) * output.PartitionCount / consumers) - first);
    }

    private TaskOutput OutputOf(QueryStage stage, int index)
    {
        var output = stage.Outputs[index];
        var readers = _plan.Stages.SelectMany(reader => reader.Inputs)
            .Where(input => input.StageId == stage.Id && input.OutputIndex == index)
            .Sum(input => output.Kind == ExchangeKind.Broadcast ? input.TaskCount : 1);
        var result = new TaskOutput
        {
            Dealing = output.Kind switch
            {
                ExchangeKind.Shuffle => TaskOutput.Types.Dealing.Hash,
                ExchangeKind.RoundRobin => TaskOutput.Types.Dealing.RoundRobin,
                _ => TaskOutput.Types.Dealing.All,
            },
            PartitionCount = output.Kind is ExchangeKind.Shuffle or ExchangeKind.RoundRobin ? output.PartitionCount : 1,
            ReaderCount = Math.Max(1, readers),
            IsMaterialized = IsKept(output),
        };
        if (output.Kind == ExchangeKind.Shuffle)
        {
            result.Keys.AddRange(output.Keys);
        }

        return result;
    }
}
