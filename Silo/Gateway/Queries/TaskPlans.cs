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
    private readonly QuerySteps _steps;
    private readonly IReadOnlyDictionary<StageScan, IQueryScan> _scans;
    private readonly IReadOnlyDictionary<string, string> _headers;

    /// <param name="queryId">The query.</param>
    /// <param name="steps">Its stages.</param>
    /// <param name="scans">Each scan of each stage.</param>
    /// <param name="headers">What the caller of the query sent along.</param>
    public TaskPlans(string queryId, QuerySteps steps, IReadOnlyDictionary<StageScan, IQueryScan> scans, IReadOnlyDictionary<string, string> headers)
    {
        _queryId = queryId;
        _steps = steps;
        _scans = scans;
        _headers = headers;
    }

    /// <summary>Whether the engines of its tasks measure their operators.</summary>
    public bool IsProfiled { get; init; }

    /// <summary>The name of an attempt on the wire.</summary>
    public TaskKey KeyOf(QueryAttempt attempt) => new() { QueryId = _queryId, Stage = _steps.Plan.Stages[attempt.Stage].Id, Task = attempt.Task, Attempt = attempt.Attempt };

    /// <summary>What a worker is told of tasks of its own.</summary>
    /// <param name="tasks">Which attempts.</param>
    /// <param name="at">The worker.</param>
    /// <param name="places">Where every task of the query is, and its newest attempt.</param>
    /// <param name="timeLimit">What is left of the query's time.</param>
    public SetPlansRequest Request(IReadOnlyList<QueryAssignment> tasks, QueryPeer at, TaskPlaces places, TimeSpan timeLimit)
    {
        var request = new SetPlansRequest();
        var told = new HashSet<int>();
        foreach (var task in tasks)
        {
            request.Plans.Add(Make(task.Attempt, at, places, timeLimit));
            for (var input = 0; at.TakesPlaces && input < _steps.Begun(task.Attempt.Stage).Inputs.Count; input++)
            {
                var producer = _steps.LinkOf(task.Attempt.Stage, input).Producer;
                if (told.Add(producer))
                {
                    request.Places.Add(places.OfStage(producer));
                }
            }
        }

        return request;
    }

    private TaskPlan Make(QueryAttempt attempt, QueryPeer at, TaskPlaces places, TimeSpan timeLimit)
    {
        var stage = _steps.Begun(attempt.Stage);
        var task = new TaskPlan
        {
            Key = KeyOf(attempt),
            Sql = stage.Sql,
            IsPassThrough = stage.IsPassThrough,
            TimeLimit = Duration.FromTimeSpan(timeLimit),
            IsProfiled = IsProfiled,
        };
        task.ColumnTypes.AddRange(stage.Sink?.ColumnTypes ?? stage.ColumnTypes);
        task.Sink = stage.Sink is { } sink ? SinkOf(sink) : null;
        task.Functions.AddRange(stage.Functions);
        foreach (var (name, value) in _headers)
        {
            if (name.StartsWith(QueryHeaders.ConfigMark, StringComparison.Ordinal))
            {
                task.Config[name[QueryHeaders.ConfigMark.Length..]] = value;
            }
            else
            {
                task.Headers[name] = value;
            }
        }

        foreach (var scan in stage.Scans)
        {
            var part = attempt.Task - scan.FirstTask;
            task.Scans.Add(_scans[scan].Of(part >= 0 && part < scan.TaskCount ? part : -1, at));
        }

        for (var index = 0; index < stage.Inputs.Count; index++)
        {
            task.Inputs.Add(InputOf(attempt, index, places, at.TakesPlaces));
        }

        for (var index = 0; index < stage.Outputs.Count; index++)
        {
            task.Outputs.Add(OutputOf(attempt.Stage, index));
        }

        task.ValueColumns.AddRange(_steps.ValueColumnsOf(attempt.Stage));
        task.SumsUpHashes = _steps.SumsUpHashes(attempt.Stage);
        task.NeededHashes = _steps.NeededHashesOf(attempt.Stage);
        return task;
    }

    /// <summary>A sink as workers take it.</summary>
    internal static TaskSink SinkOf(StageSink sink) => new()
    {
        Folder = sink.Folder,
        Format = sink.Format,
        Prefix = sink.Prefix,
        Options = { sink.Options },
        IsPartitioned = sink.IsPartitioned,
        Names = { sink.Names },
    };

    private TaskInput InputOf(QueryAttempt reader, int index, TaskPlaces places, bool isSpan)
    {
        var input = _steps.Begun(reader.Stage).Inputs[index];
        var link = _steps.LinkOf(reader.Stage, index);

        // What is written is what the producer began with, even where it is read in another way now.
        var written = _steps.Begun(link.Producer).Outputs[input.OutputIndex];
        var read = _steps.Plan.Stages[link.Producer].Outputs[input.OutputIndex];
        var producer = _steps.Begun(link.Producer);
        var result = new TaskInput
        {
            Name = input.Name,
            EstimatedRowCount = Math.Max(1, read.Kind == ExchangeKind.Broadcast ? producer.EstimatedRowCount : producer.EstimatedRowCount / Math.Max(1, input.TaskCount)),
        };
        result.ColumnTypes.AddRange(producer.ColumnTypes);
        if (read.Kind == ExchangeKind.Merge)
        {
            result.Order.AddRange(read.Order.Select(key => new SortKey { Column = key.Column, Descending = key.IsDescending, NullsFirst = key.NullsFirst }));
        }

        var (first, count) = new StageLink(link.Producer, link.IsKept, link.IsGrouped, link.FirstTask, link.TaskCount).ReadBy(reader.Task, _steps.Begun(link.Producer).TaskCount);
        var (firstPartition, partitionCount) = PartitionsOf(read, written.PartitionCount, reader.Task - input.FirstTask, input.TaskCount);
        if (_steps.ReadsOf(reader.Stage, reader.Task)?.Inputs[index] is { } reads)
        {
            (first, count, firstPartition, partitionCount) = (reads.FirstProducer, reads.ProducerCount, reads.FirstPartition, reads.PartitionCount);
        }

        if (isSpan)
        {
            result.Span = new SourceSpan
            {
                Stage = producer.Id,
                FirstTask = first,
                TaskCount = count,
                Output = input.OutputIndex,
                FirstPartition = firstPartition,
                PartitionCount = partitionCount,
            };
            return result;
        }

        for (var number = first; number < first + count; number++)
        {
            var (attempt, at) = places[link.Producer, number];
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

    private static (int First, int Count) PartitionsOf(StageOutput read, int partitionCount, int consumer, int consumers)
    {
        if (read.Kind is not (ExchangeKind.Shuffle or ExchangeKind.RoundRobin))
        {
            // A side that is read by every task only since it ended was dealt to partitions.
            return (0, partitionCount);
        }

        var first = (int)((long)consumer * partitionCount / consumers);
        return (first, (int)((long)(consumer + 1) * partitionCount / consumers) - first);
    }

    private TaskOutput OutputOf(int position, int index)
    {
        var stage = _steps.Begun(position);
        var output = stage.Outputs[index];
        var readers = _steps.Plan.Stages.SelectMany(reader => reader.Inputs)
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
            PartitionCount = output.PartitionCount,
            ReaderCount = Math.Max(1, readers),
            IsMaterialized = _steps.IsKept(position, index),
        };
        if (output.Kind == ExchangeKind.Shuffle)
        {
            result.Keys.AddRange(output.Keys);
        }

        return result;
    }
}
