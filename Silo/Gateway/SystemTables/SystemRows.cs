using System.Runtime.CompilerServices;
using OrleansFlow.Arrow;
using OrleansFlow.Errors;
using OrleansFlow.Graphs;
using OrleansFlow.Silo.Gateway.Control;
using OrleansFlow.Silo.Gateway.Queries;
using OrleansFlow.Silo.Gateway.Sql;
using OrleansFlow.Tasks;

namespace OrleansFlow.Silo.Gateway.SystemTables;

/// <summary>Fills the system tables from grains, when a statement reads them and no sooner; each with a bound.</summary>
internal sealed class SystemRows(IGrainFactory grains, RunListing runs, WorkerCalls workers, QueryListing queries)
{
    /// <summary>Rows of runs, tasks and leases at most; the newest runs count.</summary>
    public const int RowsMax = 10_000;

    // Asked for side by side; more would only queue up in the silo.
    private const int SideBySide = 64;
    private const int BatchRows = 1_000;

    /// <summary>The tables that a statement names, as a caller may see them.</summary>
    /// <param name="engineSql">The statement for the engine.</param>
    /// <param name="caller">Who asks.</param>
    public IEnumerable<SqlTable> Find(string engineSql, SqlCaller caller) => SystemNames.Find(engineSql).Select(table =>
        new SqlTable(new SqlTableName(SqlTableName.Registered, SystemNames.EngineSchema, table.Name), table.Schema, 0, () => [])
        {
            Read = cancellationToken => BatchesAsync(table.Schema, ReadRowsAsync(table, caller, cancellationToken), cancellationToken),
        });

    private IAsyncEnumerable<object?[]> ReadRowsAsync(SystemTable table, SqlCaller caller, CancellationToken cancellationToken) =>
        table == SystemTable.Runs ? RunsAsync(cancellationToken).Select(run => ToRow(run))
        : table == SystemTable.Tasks ? TasksAsync(cancellationToken).Select(task => ToRow(task))
        : table == SystemTable.Leases ? LeasesAsync(cancellationToken)
        : table == SystemTable.Workers ? WorkersAsync(cancellationToken)
        : table == SystemTable.Queries ? QueriesAsync(caller, cancellationToken)
        : StagesAsync(caller, cancellationToken);

    private static async IAsyncEnumerable<RecordBatch> BatchesAsync(
        ArrowSchema schema, IAsyncEnumerable<object?[]> rows, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var builder = new RecordBatchBuilder(schema);
        var count = 0;
        await foreach (var row in rows.WithCancellation(cancellationToken))
        {
            builder.AppendRow(row);
            if (++count % BatchRows == 0)
            {
                yield return builder.Build();
            }
        }

        if (count % BatchRows != 0)
        {
            yield return builder.Build();
        }
    }

    private async IAsyncEnumerable<RunView> RunsAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var (token, count) = ("", 0);
        do
        {
            (var page, token) = await runs.PageAsync(RunListing.PageSizeMax, token, [], cancellationToken);
            foreach (var run in page.Take(RowsMax - count))
            {
                count++;
                yield return run;
            }
        }
        while (token.Length > 0 && count < RowsMax);
    }

    private async IAsyncEnumerable<TaskView> TasksAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var count = 0;
        await foreach (var run in RunsAsync(cancellationToken))
        {
            for (int? begin = 0; begin is { } from && count < RowsMax;)
            {
                TaskPage page;
                try
                {
                    page = await grains.GetGrain<IGraphRunGrain>(run.RunId.Value).GetTasksAsync("", from, Math.Min(RunView.ShownTasksMax, RowsMax - count), cancellationToken);
                }
                catch (FlowException exception) when (exception.Code == FlowErrorCode.NotFound)
                {
                    // It was deleted since it was listed.
                    break;
                }

                foreach (var task in page.Tasks)
                {
                    count++;
                    yield return task;
                }

                begin = page.Next;
            }

            if (count >= RowsMax)
            {
                yield break;
            }
        }
    }

    private async IAsyncEnumerable<object?[]> LeasesAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var worker in await workers.ReadAllAsync(cancellationToken))
        {
            foreach (var some in worker.Leases.Chunk(SideBySide))
            {
                // As its owner sees it: what it no longer knows as this worker's is none.
                var tasks = await Task.WhenAll(some.Select(lease => grains.GetGrain<ITaskGrain>(lease.TaskId.Value).GetAsync(cancellationToken)));
                foreach (var task in tasks.OfType<TaskView>().Where(task => task.Worker == worker.WorkerId))
                {
                    yield return [task.TaskId.Value, task.Epoch, task.Worker.Value, task.Role, (long)task.Attempt, task.GrantedUtc, task.DueUtc];
                }
            }
        }
    }

    private async IAsyncEnumerable<object?[]> WorkersAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var worker in await workers.ReadAllAsync(cancellationToken))
        {
            var registration = worker.Registration;
            yield return
            [
                worker.WorkerId.Value, Word(worker.Liveness), worker.LastSeenUtc, (long)registration.Slots, (long)worker.Leases.Count,
                string.Join(',', registration.Roles), registration.Version, registration.Host, (long)registration.ProcessId, registration.DataAddress,
            ];
        }
    }

    private async IAsyncEnumerable<object?[]> QueriesAsync(SqlCaller caller, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var query in await queries.ListAsync(caller, cancellationToken))
        {
            yield return
            [
                query.QueryId, query.State, (long)query.Position, query.Tenant, query.Owner, query.Sql, query.SubmittedUtc, (long)query.Stages.Count,
                query.Stages.Sum(stage => (long)stage.Tasks), query.Stages.Sum(stage => (long)stage.Done), (long)query.RetryCount,
            ];
        }
    }

    private async IAsyncEnumerable<object?[]> StagesAsync(SqlCaller caller, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var query in await queries.ListAsync(caller, cancellationToken))
        {
            foreach (var stage in query.Stages)
            {
                yield return [query.QueryId, (long)stage.Stage, (long)stage.Tasks, (long)stage.Waiting, (long)stage.Running, (long)stage.Done, stage.Rows, stage.Bytes];
            }
        }
    }

    private static object?[] ToRow(RunView run) =>
    [
        run.RunId.Value, run.GraphName, Word(run.Status), run.SubmittedUtc, run.StartedUtc, run.EndedUtc, run.Failure?.Reason, run.Failure?.Message,
    ];

    private static object?[] ToRow(TaskView task) =>
    [
        task.TaskId.Value, task.TaskId.IsStandalone ? null : task.TaskId.RunId.Value, task.TaskId.Node, (long)task.TaskId.Index, task.Role, Word(task.Status), (long)task.Attempt,
        task.Epoch, task.Worker.IsDefault ? null : task.Worker.Value, (long)task.Batches, task.Progress, task.GrantedUtc, task.DueUtc, task.Failure?.Reason, task.Failure?.Message,
    ];

    /// <summary>A status as the other interfaces write it: <c>BackingOff</c> is <c>backing_off</c>.</summary>
    private static string Word<T>(T status)
        where T : struct, Enum => System.Text.Json.JsonNamingPolicy.SnakeCaseLower.ConvertName(status.ToString());
}
