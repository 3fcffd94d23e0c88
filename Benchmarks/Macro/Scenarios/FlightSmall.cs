using OrleansFlow.Benchmarks.Macro.Wire;
using OrleansFlow.Flight;
using OrleansFlow.Rpc;

namespace OrleansFlow.Benchmarks.Macro.Scenarios;

/// <summary>DoGets of one row each from another process, many in flight over one connection, against bare HTTP/2 exchanges between the two.</summary>
internal sealed class FlightSmall : Scenario
{
    private const int InFlight = 64;
    private const int Calls = 10_000;
    private const int BodyBytes = 64;
    private const int WarmUpRounds = 8;
    private readonly TimeProvider _clock = TimeProvider.System;
    private readonly HttpMessageInvoker _http = WirePeer.BareClient();
    private readonly FlightTicket _ticket = FlightTicket.FromText(WireProducer.OneRow);
    private WirePeer? _peer;

    public override string Name => "flight-small";

    public override string Question => $"How many DoGets of one row a second, {InFlight} in flight, from another process?";

    public override string Unit => "calls/s";

    public override string BaselineName => $"bare Kestrel and HttpClient, HTTP/2 POSTs of {BodyBytes} bytes/s between the same two processes, {InFlight} in flight";

    public override async Task SetUpAsync(CancellationToken cancellationToken)
    {
        _peer = await WirePeer.StartAsync(cancellationToken);

        // Both processes are compiled to the end only after some seconds of work.
        for (var round = 0; round < WarmUpRounds; round++)
        {
            await MeasureAsync(cancellationToken);
        }
    }

    public override async Task<Sample> MeasureAsync(CancellationToken cancellationToken)
    {
        var latencies = new double[Calls];
        var allocatedBefore = GC.GetTotalAllocatedBytes(precise: true);
        var began = _clock.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, InFlight).Select(async caller =>
        {
            for (var call = caller; call < Calls; call += InFlight)
            {
                var sent = _clock.GetTimestamp();
                var rows = 0;
                await foreach (var batch in _peer!.Flight.DoGet(_ticket, new RpcCallOptions(CancellationToken: cancellationToken)))
                {
                    rows += batch.RowCount;
                    batch.Dispose();
                }

                latencies[call] = rows == 1 ? _clock.GetElapsedTime(sent).TotalMilliseconds : throw new InvalidOperationException($"{rows} rows came back.");
            }
        }));
        var elapsed = _clock.GetElapsedTime(began);
        return new Sample(Calls / elapsed.TotalSeconds, latencies, (double)(GC.GetTotalAllocatedBytes(precise: true) - allocatedBefore) / Calls);
    }

    public override async Task<double> MeasureBaselineAsync(CancellationToken cancellationToken)
    {
        var body = new byte[BodyBytes];
        var began = _clock.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, InFlight).Select(async caller =>
        {
            var received = new byte[BodyBytes];
            for (var call = caller; call < Calls; call += InFlight)
            {
                using var request = _peer!.BareRequest(WirePeerServer.Echo, new ByteArrayContent(body));
                using var response = await _http.SendAsync(request, cancellationToken);
                await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
                await stream.ReadExactlyAsync(received, cancellationToken);
            }
        }));
        return Calls / _clock.GetElapsedTime(began).TotalSeconds;
    }

    public override async ValueTask DisposeAsync()
    {
        _http.Dispose();
        if (_peer is not null)
        {
            await _peer.DisposeAsync();
        }

        await base.DisposeAsync();
    }
}
