using System.Globalization;
using System.Net;
using OrleansFlow.Benchmarks.Macro.Wire;
using OrleansFlow.Flight;
using OrleansFlow.Rpc;

namespace OrleansFlow.Benchmarks.Macro.Scenarios;

/// <summary>One Flight stream into another process's memory, against the same batches the other way round.</summary>
internal sealed class FlightDoPut : Scenario
{
    private const int WarmUpRounds = 8;
    private const double Gigabytes = WireRows.Bytes / 1e9;
    private readonly TimeProvider _clock = TimeProvider.System;
    private readonly HttpMessageInvoker _http = WirePeer.BareClient();
    private readonly WireRows _rows = new();
    private WirePeer? _peer;

    public override string Name => "flight-doput";

    public override string Question => $"How fast does one DoPut stream run, {WireRows.Bytes / 1_000_000} MB in {WireRows.BatchCount} batches, to another process?";

    public override string Unit => "GB/s";

    public override string BaselineName => "DoGet of the same batches between the same two processes, GB/s";

    public override IReadOnlyList<FurtherBaseline> FurtherBaselines => [new("the same bytes by bare HttpClient and Kestrel, HTTP/2, GB/s", MeasureHttpAsync)];

    public override async Task SetUpAsync(CancellationToken cancellationToken)
    {
        _peer = await WirePeer.StartAsync(cancellationToken);

        // Both processes are compiled to the end only after some seconds of work.
        for (var round = 0; round < WarmUpRounds; round++)
        {
            await MeasureAsync(cancellationToken);
            await MeasureBaselineAsync(cancellationToken);
        }
    }

    public override async Task<Sample> MeasureAsync(CancellationToken cancellationToken)
    {
        var (ownCpu, peerCpu) = (WirePeer.OwnCpuSeconds, _peer!.CpuSeconds);
        var began = _clock.GetTimestamp();
        await using var writer = await _peer.Flight.DoPutAsync(FlightDescriptor.ForPath("swallow"), WireRows.Schema, new RpcCallOptions(CancellationToken: cancellationToken));
        for (var index = 0; index < WireRows.BatchCount; index++)
        {
            await writer.WriteAsync(_rows.Batches[index % _rows.Batches.Count], cancellationToken: cancellationToken);
        }

        await writer.CompleteAsync();
        var taken = 0L;
        await foreach (var result in writer.ReadResultsAsync(cancellationToken))
        {
            taken = BitConverter.ToInt64(result.Span);
        }

        var elapsed = _clock.GetElapsedTime(began).TotalSeconds;
        return taken == (long)WireRows.RowsPerBatch * WireRows.BatchCount
            ? new Sample(
                Gigabytes / elapsed,
                CpuSecondsPerGb: (WirePeer.OwnCpuSeconds - ownCpu) / Gigabytes,
                PeerCpuSecondsPerGb: (_peer.CpuSeconds - peerCpu) / Gigabytes)
            : throw new InvalidOperationException($"{taken} rows were taken.");
    }

    public override async Task<double> MeasureBaselineAsync(CancellationToken cancellationToken)
    {
        var began = _clock.GetTimestamp();
        var ticket = FlightTicket.FromText(WireRows.BatchCount.ToString(CultureInfo.InvariantCulture));
        await foreach (var batch in _peer!.Flight.DoGet(ticket, new RpcCallOptions(CancellationToken: cancellationToken)))
        {
            batch.Dispose();
        }

        return Gigabytes / _clock.GetElapsedTime(began).TotalSeconds;
    }

    public override async ValueTask DisposeAsync()
    {
        _http.Dispose();
        _rows.Dispose();
        if (_peer is not null)
        {
            await _peer.DisposeAsync();
        }

        await base.DisposeAsync();
    }

    private async Task<double> MeasureHttpAsync(CancellationToken cancellationToken)
    {
        var began = _clock.GetTimestamp();
        using var content = new RowsContent(_rows);
        using var request = _peer!.BareRequest(WirePeerServer.Upload, content);
        using var response = await _http.SendAsync(request, cancellationToken);
        response.EnsureSuccessStatusCode();
        return Gigabytes / _clock.GetElapsedTime(began).TotalSeconds;
    }

    private sealed class RowsContent(WireRows rows) : HttpContent
    {
        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            for (long sent = 0; sent < WireRows.Bytes;)
            {
                foreach (var part in rows.Parts)
                {
                    await stream.WriteAsync(part);
                    sent += part.Length;
                }
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
