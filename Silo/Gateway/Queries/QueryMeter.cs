using OrleansFlow.Protocol.Queries.V1;
using OrleansFlow.Queries;
using OrleansFlow.Sql.Explain;

namespace OrleansFlow.Silo.Gateway.Queries;

/// <summary>What workers have said of the tasks of one query: of each attempt the newest word. Thread-safe.</summary>
/// <param name="isProfile">Whether all of it is wanted: the engines then measure, and the query's end waits for the last words.</param>
internal sealed class QueryMeter(bool isProfile = false)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(int Stage, int Task, int Attempt), (string Worker, TaskReport Report)> _heard = [];

    /// <summary>Whether all of it is wanted.</summary>
    public bool IsProfile => isProfile;

    /// <summary>A worker says how an attempt stands.</summary>
    public void Hear(string worker, TaskReport report)
    {
        if (report.Key is { } key)
        {
            lock (_gate)
            {
                _heard[(key.Stage, key.Task, key.Attempt)] = (worker, report);
            }
        }
    }

    /// <summary>What was heard, as it is now.</summary>
    public IReadOnlyList<TaskActual> Read()
    {
        lock (_gate)
        {
            return [.. _heard.Values.Select(heard => ToActual(heard.Worker, heard.Report))];
        }
    }

    /// <summary>How far the stages are; of each task its newest attempt counts.</summary>
    /// <param name="positionOf">The position of a stage by its number.</param>
    public IReadOnlyList<QueryStageProgress> Progress(Func<int, int?> positionOf)
    {
        var newest = new Dictionary<(int Stage, int Task), TaskReport>();
        var stages = new SortedDictionary<int, QueryStageProgress>();
        lock (_gate)
        {
            foreach (var ((stage, task, attempt), (_, report)) in _heard)
            {
                // Of two that ran side by side the slower one was stopped.
                if (!newest.TryGetValue((stage, task), out var known)
                    || (!HasFailed(report), attempt).CompareTo((!HasFailed(known), known.Key.Attempt)) > 0)
                {
                    newest[(stage, task)] = report;
                }
            }
        }

        foreach (var ((stage, _), report) in newest)
        {
            if (positionOf(stage) is { } position)
            {
                var sum = stages.GetValueOrDefault(position);
                stages[position] = new QueryStageProgress(
                    position,
                    sum.RunningCount + (report.State == TaskReport.Types.State.Running ? 1 : 0),
                    sum.Rows + (report.Metrics?.RowsOut ?? 0),
                    sum.Bytes + (report.Metrics?.BytesOut ?? 0));
            }
        }

        return [.. stages.Values];
    }

    private static bool HasFailed(TaskReport report) => report.State is TaskReport.Types.State.Failed or TaskReport.Types.State.Cancelled;

    private static TaskActual ToActual(string worker, TaskReport report)
    {
        var (key, metrics) = (report.Key, report.Metrics ?? new TaskMetrics());
        return new TaskActual(key.Stage, key.Task, key.Attempt, worker, report.State.ToString().ToLowerInvariant())
        {
            RowsIn = metrics.RowsIn,
            BytesIn = metrics.BytesIn,
            RowsOut = metrics.RowsOut,
            BytesOut = metrics.BytesOut,
            Elapsed = metrics.Elapsed?.ToTimeSpan() ?? default,
            InputWait = metrics.InputWait?.ToTimeSpan() ?? default,
            OutputWait = metrics.OutputWait?.ToTimeSpan() ?? default,
            SpilledBytes = metrics.SpilledBytes,
            Operators = [.. metrics.Operators.Select(one => new OperatorActual(one.Name, one.Depth, one.Rows, one.Bytes, one.Time?.ToTimeSpan() ?? default))],
        };
    }
}
