using OrleansFlow.Arrow;
using OrleansFlow.Benchmarks.Macro.Baselines;
using OrleansFlow.Flight;
using OrleansFlow.Rpc;

namespace OrleansFlow.Benchmarks.Macro.Scenarios;

/// <summary>One result read through the gateway's Arrow Flight, from an uploaded table, by the .NET client over loopback.</summary>
internal sealed class FlightGateway : Scenario
{
    private const string Upload = "bench";
    private const int BatchRows = 65_536;
    private const int BatchCount = 128;
    private const int Columns = 4;
    private const long Bytes = (long)BatchRows * BatchCount * Columns * sizeof(long);
    private readonly TimeProvider _clock = TimeProvider.System;
    private readonly BenchSilo _silo = new();

    public override string Name => "flight-gateway";

    public override string Question => $"How fast does a stored result leave the gateway by Arrow Flight, {Bytes / 1_000_000} MB in {BatchCount} batches?";

    public override string Unit => "GB/s";

    public override string BaselineName => "one loopback TCP stream, 1 MB buffers, GB/s";

    public override async Task SetUpAsync(CancellationToken cancellationToken)
    {
        await _silo.StartAsync(cancellationToken);
        await using var channel = RpcChannel.ForAddress(
            _silo.Silo.Endpoints.GrpcUrl, new RpcChannelOptions { BearerToken = _ => ValueTask.FromResult(_silo.Silo.Endpoints.Token) });
        var flight = new FlightClient(channel);
        var schema = new ArrowSchema([.. Enumerable.Range(0, Columns).Select(column => new ArrowField($"c{column}", ArrowType.Int64, isNullable: false))]);
        await foreach (var _ in flight.DoPutAsync(FlightDescriptor.ForPath("uploads", Upload), schema, BatchesAsync(schema), new RpcCallOptions(CancellationToken: cancellationToken)))
        {
            // Each acknowledgement says that a batch was taken.
        }
    }

    public override async Task<Sample> MeasureAsync(CancellationToken cancellationToken)
    {
        var began = _clock.GetTimestamp();
        var rows = 0L;
        await using var result = await _silo.Client.GetResultAsync("uploads", Upload, cancellationToken);
        await foreach (var batch in result.ReadBatchesAsync(cancellationToken))
        {
            rows += batch.RowCount;
            batch.Dispose();
        }

        return rows == (long)BatchRows * BatchCount
            ? new Sample(Bytes / _clock.GetElapsedTime(began).TotalSeconds / 1e9)
            : throw new InvalidOperationException($"{rows} rows came back.");
    }

    public override Task<double> MeasureBaselineAsync(CancellationToken cancellationToken) =>
        LoopbackTcp.GigabytesPerSecondAsync(Bytes, _clock, cancellationToken);

    public override async ValueTask DisposeAsync()
    {
        await _silo.DisposeAsync();
        await base.DisposeAsync();
    }

    private static async IAsyncEnumerable<RecordBatch> BatchesAsync(ArrowSchema schema)
    {
        await Task.CompletedTask;
        for (var index = 0; index < BatchCount; index++)
        {
            var builder = new RecordBatchBuilder(schema);
            for (var column = 0; column < Columns; column++)
            {
                var values = builder.Column<Int64Builder>(column);
                for (var row = 0; row < BatchRows; row++)
                {
                    values.Append(((long)index * BatchRows) + row);
                }
            }

            yield return builder.Build();
        }
    }
}
