using System.Runtime.CompilerServices;
using Google.Protobuf;
using OrleansFlow.Arrow;
using OrleansFlow.Protocol.Queries.V1;
using OrleansFlow.Silo.Gateway.Queries;
using OrleansFlow.Simulation.Cluster;
using OrleansFlow.Simulation.Workers;

namespace OrleansFlow.Simulation.Queries;

/// <summary>The gateway's calls to simulated workers.</summary>
internal sealed class SimulatedQueryCalls(SimulatedQueries queries, TimeProvider clock) : IQueryCalls
{
    private const string Here = SimulatedCluster.CallerPlace;
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(10);

    public Task SetAsync(string location, string token, SetPlansRequest request, CancellationToken cancellationToken)
    {
        // As it arrives: the bytes that were sent, whatever becomes of the objects here.
        var sent = SetPlansRequest.Parser.ParseFrom(request.ToByteArray());
        var worker = queries.At(location);
        return queries.Wire.CallAsync(
            Here,
            worker,
            async () =>
            {
                await worker.SetAsync(sent);
                return true;
            },
            CallTimeout,
            clock,
            cancellationToken);
    }

    public Task CancelAsync(string location, string token, string queryId, string reason, TimeSpan timeout)
    {
        var worker = queries.At(location);
        return queries.Wire.CallAsync(Here, worker, () => worker.CancelAsync(queryId), timeout, clock, CancellationToken.None);
    }

    public Task StopAsync(string location, string token, IEnumerable<TaskKey> tasks, string reason, TimeSpan timeout)
    {
        List<TaskKey> sent = [.. tasks];
        var worker = queries.At(location);
        return queries.Wire.CallAsync(Here, worker, () => worker.StopAsync(sent), timeout, clock, CancellationToken.None);
    }

    public async IAsyncEnumerable<TaskReport> WatchAsync(string location, string token, string queryId, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var worker = queries.At(location);
        var pipe = new SimulatedPipe<TaskReport>();
        await queries.Wire.CallAsync(Here, worker, () => worker.WatchAsync(queryId, pipe, Here), timeout: null, clock, cancellationToken);
        await foreach (var report in pipe.ReadAllAsync(cancellationToken))
        {
            yield return report;
        }
    }

    public IQueryRows ReadAsync(string location, string token, OutputRange range, CancellationToken cancellationToken) =>
        new Rows(new SimulatedRows(queries.Wire, Here, queries.At(location), range, clock), range.Key.Attempt, cancellationToken);

    /// <summary>The rows of a result, each with the attempt that made it.</summary>
    private sealed class Rows(SimulatedRows rows, int attempt, CancellationToken ends) : IQueryRows
    {
        private static readonly ArrowSchema Schema = new([.. new[] { "c0", "c1", "c2" }.Select(name => new ArrowField(name, ArrowType.Int64))]);

        public async Task<ArrowSchema> GetSchemaAsync(CancellationToken cancellationToken)
        {
            await rows.OpenAsync(ends);
            return Schema;
        }

        public async IAsyncEnumerator<RecordBatch> GetAsyncEnumerator(CancellationToken cancellationToken = default)
        {
            await foreach (var some in rows.ReadAsync(ends))
            {
                yield return new RecordBatch(Schema, [Column(some, row => row.Key), Column(some, row => row.Value), Column(some, _ => attempt)], some.Count);
            }
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;

        private static ArrowArray Column(IReadOnlyList<QueryRow> some, Func<QueryRow, long> of)
        {
            using var builder = new Int64Builder();
            foreach (var row in some)
            {
                builder.Append(of(row));
            }

            return builder.Build();
        }
    }
}
