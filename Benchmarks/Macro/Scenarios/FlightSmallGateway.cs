using OrleansFlow.Arrow;
using OrleansFlow.Flight;
using OrleansFlow.Rpc;

namespace OrleansFlow.Benchmarks.Macro.Scenarios;

/// <summary>
/// DoGets of an upload of one row, many in flight, through the gateway of a silo in this process: token, signed ticket and stored file
/// included. The baseline asks the same gateway for the flight each time, which reads the file as well.
/// </summary>
internal sealed class FlightSmallGateway : Scenario
{
    private const string Upload = "row";
    private const int InFlight = 64;
    private const int Calls = 10_000;
    private readonly TimeProvider _clock = TimeProvider.System;
    private readonly BenchSilo _silo = new();
    private RpcChannel? _channel;
    private FlightClient _flight = null!;
    private FlightTicket _ticket = null!;

    public override string Name => "flight-small-gateway";

    public override string Question => $"How many DoGets of one stored row a second, {InFlight} in flight, through the gateway?";

    public override string Unit => "calls/s";

    public override string BaselineName => "GetFlightInfo of the same upload/s";

    public override async Task SetUpAsync(CancellationToken cancellationToken)
    {
        await _silo.StartAsync(cancellationToken);
        _channel = RpcChannel.ForAddress(
            _silo.Silo.Endpoints.GrpcUrl, new RpcChannelOptions { BearerToken = _ => ValueTask.FromResult(_silo.Silo.Endpoints.Token) });
        _flight = new FlightClient(_channel);
        var schema = new ArrowSchema(new ArrowField("n", ArrowType.Int64, isNullable: false));
        var path = FlightDescriptor.ForPath("uploads", Upload);
        await foreach (var _ in _flight.DoPutAsync(path, schema, OneRowAsync(schema), new RpcCallOptions(CancellationToken: cancellationToken)))
        {
            // Stored when the call has ended.
        }

        var info = await _flight.GetFlightInfoAsync(path, new RpcCallOptions(CancellationToken: cancellationToken));
        _ticket = info.Endpoints[0].Ticket;
    }

    public override async Task<Sample> MeasureAsync(CancellationToken cancellationToken)
    {
        var latencies = new double[Calls];
        var allocatedBefore = GC.GetTotalAllocatedBytes(precise: true);
        var perSecond = await CallAsync(async call =>
        {
            var sent = _clock.GetTimestamp();
            await foreach (var batch in _flight.DoGet(_ticket, new RpcCallOptions(CancellationToken: cancellationToken)))
            {
                batch.Dispose();
            }

            latencies[call] = _clock.GetElapsedTime(sent).TotalMilliseconds;
        });
        return new Sample(perSecond, latencies, (double)(GC.GetTotalAllocatedBytes(precise: true) - allocatedBefore) / Calls);
    }

    public override Task<double> MeasureBaselineAsync(CancellationToken cancellationToken) =>
        CallAsync(_ => _flight.GetFlightInfoAsync(FlightDescriptor.ForPath("uploads", Upload), new RpcCallOptions(CancellationToken: cancellationToken)));

    public override async ValueTask DisposeAsync()
    {
        if (_channel is not null)
        {
            await _channel.DisposeAsync();
        }

        await _silo.DisposeAsync();
        await base.DisposeAsync();
    }

    private static async IAsyncEnumerable<RecordBatch> OneRowAsync(ArrowSchema schema)
    {
        await Task.CompletedTask;
        var builder = new RecordBatchBuilder(schema);
        builder.Column<Int64Builder>(0).Append(1);
        yield return builder.Build();
    }

    private async Task<double> CallAsync(Func<int, Task> callAsync)
    {
        var began = _clock.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, InFlight).Select(async caller =>
        {
            for (var call = caller; call < Calls; call += InFlight)
            {
                await callAsync(call);
            }
        }));
        return Calls / _clock.GetElapsedTime(began).TotalSeconds;
    }
}
