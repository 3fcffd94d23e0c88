using System.Globalization;
using OrleansFlow.Benchmarks.Macro.Wire;
using OrleansFlow.Flight;
using OrleansFlow.Rpc;

namespace OrleansFlow.Benchmarks.Macro.Scenarios;

/// <summary>One Flight stream out of another process's memory, against a socket and a bare HTTP/2 stream between the same two processes.</summary>
internal sealed class FlightDoGet : Scenario
{
    private const int WarmUpRounds = 8;
    private readonly TimeProvider _clock = TimeProvider.System;
    private readonly HttpMessageInvoker _http = WirePeer.BareClient();
    private readonly byte[] _buffer = GC.AllocateUninitializedArray<byte>(WireRows.BytesPerBatch, pinned: true);
    private WirePeer? _peer;

    public override string Name => "flight-doget";

    public override string Question => $"How fast does one DoGet stream run, {WireRows.Bytes / 1_000_000} MB in {WireRows.BatchCount} batches, from another process?";

    public override string Unit => "GB/s";

    public override string BaselineName => "one loopback TCP stream between the same two processes, 1 MB buffers, GB/s";

    public override IReadOnlyList<FurtherBaseline> FurtherBaselines =>
        [new("the same bytes by bare Kestrel and HttpClient, HTTP/2, same window, GB/s", MeasureHttpAsync)];

    public override async Task SetUpAsync(CancellationToken cancellationToken)
    {
        _peer = await WirePeer.StartAsync(cancellationToken);

        // Both processes are compiled to the end only after some seconds of work.
        for (var round = 0; round < WarmUpRounds; round++)
        {
            await MeasureAsync(cancellationToken);
            await MeasureHttpAsync(cancellationToken);
        }
    }

    public override async Task<Sample> MeasureAsync(CancellationToken cancellationToken)
    {
        var (ownCpu, peerCpu) = (WirePeer.OwnCpuSeconds, _peer!.CpuSeconds);
        var began = _clock.GetTimestamp();
        var rows = 0L;
        var ticket = FlightTicket.FromText(WireRows.BatchCount.ToString(CultureInfo.InvariantCulture));
        await foreach (var batch in _peer.Flight.DoGet(ticket, new RpcCallOptions(CancellationToken: cancellationToken)))
        {
            rows += batch.RowCount;
            batch.Dispose();
        }

        var elapsed = _clock.GetElapsedTime(began).TotalSeconds;
        const double Gigabytes = WireRows.Bytes / 1e9;
        return rows == (long)WireRows.RowsPerBatch * WireRows.BatchCount
            ? new Sample(
                Gigabytes / elapsed, CpuSecondsPerGb: (WirePeer.OwnCpuSeconds - ownCpu) / Gigabytes, PeerCpuSecondsPerGb: (_peer.CpuSeconds - peerCpu) / Gigabytes)
            : throw new InvalidOperationException($"{rows} rows came back.");
    }

    public override async Task<double> MeasureBaselineAsync(CancellationToken cancellationToken)
    {
        var began = _clock.GetTimestamp();
        await BareSockets.ReceiveAsync(_peer!.SocketPort, WireRows.Bytes, cancellationToken);
        return WireRows.Bytes / _clock.GetElapsedTime(began).TotalSeconds / 1e9;
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

    private async Task<double> MeasureHttpAsync(CancellationToken cancellationToken)
    {
        var began = _clock.GetTimestamp();
        using var request = _peer!.BareRequest(
            WirePeerServer.Download + WireRows.Bytes.ToString(CultureInfo.InvariantCulture), new ByteArrayContent([]));
        using var response = await _http.SendAsync(request, cancellationToken);
        await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
        var left = WireRows.Bytes;
        while (await stream.ReadAsync(_buffer, cancellationToken) is > 0 and var read)
        {
            left -= read;
        }

        return left == 0 ? WireRows.Bytes / _clock.GetElapsedTime(began).TotalSeconds / 1e9 : throw new InvalidOperationException($"{left} bytes are missing.");
    }
}
