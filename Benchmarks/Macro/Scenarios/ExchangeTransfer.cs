using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using OrleansFlow.Flight;
using OrleansFlow.Flight.Exchange;

namespace OrleansFlow.Benchmarks.Macro.Scenarios;

/// <summary>Batches from another process through the exchange, against the same bytes through bare sockets with vectored sends.</summary>
internal sealed class ExchangeTransfer(bool isTcp) : Scenario
{
    private readonly TimeProvider _clock = TimeProvider.System;
    private readonly string _folder = Directory.CreateTempSubdirectory("flow-exch-").FullName;
    private readonly ExchangeClient _client = new();
    private Process? _peer;
    private ExchangeAddress? _address;
    private EndPoint? _bare;

    public override string Name => isTcp ? "exchange-tcp" : "exchange";

    public override string Question =>
        $"How fast do batches go from process to process over {(isTcp ? "loopback TCP" : "a Unix domain socket")}, {ExchangePeer.Bytes / 1_000_000} MB in {ExchangePeer.BatchCount} batches?";

    public override string Unit => "GB/s";

    public override string BaselineName => $"bare {(isTcp ? "TCP" : "Unix")} sockets between the same processes, vectored sends of the same size, GB/s";

    public override async Task SetUpAsync(CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo("dotnet") { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true };
        start.ArgumentList.Add(typeof(ExchangeTransfer).Assembly.Location);
        start.ArgumentList.Add(ExchangePeer.Argument);
        start.ArgumentList.Add(isTcp ? "tcp" : _folder);
        _peer = Process.Start(start)!;
        var line = await _peer.StandardOutput.ReadLineAsync(cancellationToken) ?? throw new InvalidOperationException("The sending process ended.");
        var parts = line.Split(' ');
        _address = ExchangeAddress.TryParse(parts[0], out var address) ? address : throw new InvalidOperationException($"'{line}' is no address.");
        _bare = isTcp ? new IPEndPoint(IPAddress.Loopback, int.Parse(parts[1], CultureInfo.InvariantCulture)) : new UnixDomainSocketEndPoint(Path.Combine(_folder, "bare"));
    }

    public override async Task<Sample> MeasureAsync(CancellationToken cancellationToken)
    {
        var peerBefore = await PeerCpuAsync(cancellationToken);
        var ownBefore = OwnCpu();
        var began = _clock.GetTimestamp();
        var rows = 0L;
        await using (var stream = await _client.OpenAsync(_address!, FlightTicket.FromText("batches"), cancellationToken: cancellationToken))
        {
            await foreach (var batch in stream.ReadBatchesAsync(cancellationToken))
            {
                rows += batch.RowCount;
                batch.Dispose();
            }
        }

        var took = _clock.GetElapsedTime(began).TotalSeconds;
        var gigabytes = ExchangePeer.Bytes / 1e9;
        return rows == (long)ExchangePeer.BatchRows * ExchangePeer.BatchCount
            ? new Sample(
                gigabytes / took,
                CpuSecondsPerGb: (OwnCpu() - ownBefore) / gigabytes,
                PeerCpuSecondsPerGb: (await PeerCpuAsync(cancellationToken) - peerBefore) / gigabytes)
            : throw new InvalidOperationException($"{rows} rows came.");
    }

    public override async Task<double> MeasureBaselineAsync(CancellationToken cancellationToken)
    {
        using var socket = isTcp
            ? new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)
            : new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        var began = _clock.GetTimestamp();
        await socket.ConnectAsync(_bare!, cancellationToken);
        var buffer = new byte[ExchangePeer.ColumnBytes * ExchangePeer.Columns];
        for (var batch = 0; batch < ExchangePeer.BatchCount; batch++)
        {
            // As a receiver of whole batches must.
            for (var received = 0; received < buffer.Length;)
            {
                received += await socket.ReceiveAsync(buffer.AsMemory(received), cancellationToken);
            }
        }

        return ExchangePeer.Bytes / _clock.GetElapsedTime(began).TotalSeconds / 1e9;
    }

    public override async ValueTask DisposeAsync()
    {
        if (_peer is not null)
        {
            _peer.StandardInput.Close();
            await _peer.WaitForExitAsync();
            _peer.Dispose();
        }

        Directory.Delete(_folder, recursive: true);
        await base.DisposeAsync();
    }

    private static double OwnCpu()
    {
        using var process = Process.GetCurrentProcess();
        return process.TotalProcessorTime.TotalSeconds;
    }

    private async Task<double> PeerCpuAsync(CancellationToken cancellationToken)
    {
        await _peer!.StandardInput.WriteLineAsync("cpu".AsMemory(), cancellationToken);
        await _peer.StandardInput.FlushAsync(cancellationToken);
        return double.Parse(await _peer.StandardOutput.ReadLineAsync(cancellationToken) ?? "", CultureInfo.InvariantCulture);
    }
}
