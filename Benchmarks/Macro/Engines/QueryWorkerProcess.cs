using System.Diagnostics;
using System.Globalization;
using Google.Protobuf;
using OrleansFlow.Flight;
using OrleansFlow.Protocol.Queries.V1;
using OrleansFlow.Rpc;

namespace OrleansFlow.Benchmarks.Macro.Engines;

/// <summary>A process of <see cref="QueryWorkerPeer"/>, and what a coordinator says to it.</summary>
internal sealed class QueryWorkerProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly RpcChannel _channel;

    private QueryWorkerProcess(Process process, Uri address)
    {
        _process = process;
        _channel = RpcChannel.ForAddress(address.ToString());
        Location = "grpc+tcp://" + address.Authority;
        Flight = new FlightClient(_channel, new FlightOptions { MessageBytesMax = FlightOptions.NoMessageLimit });
    }

    public string Location { get; }

    public FlightClient Flight { get; }

    public static async Task<QueryWorkerProcess> StartAsync(CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo("dotnet") { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true };
        start.ArgumentList.Add(typeof(QueryWorkerProcess).Assembly.Location);
        start.ArgumentList.Add(QueryWorkerPeer.Argument);
        var process = Process.Start(start)!;
        var line = await process.StandardOutput.ReadLineAsync(cancellationToken) ?? throw new InvalidOperationException("The worker process ended before it served.");
        return new QueryWorkerProcess(process, new Uri(line));
    }

    /// <summary>Processor time of the process so far, in seconds.</summary>
    public async Task<double> CpuSecondsAsync(CancellationToken cancellationToken)
    {
        await _process.StandardInput.WriteLineAsync(ReadOnlyMemory<char>.Empty, cancellationToken);
        await _process.StandardInput.FlushAsync(cancellationToken);
        return double.Parse((await _process.StandardOutput.ReadLineAsync(cancellationToken))!, CultureInfo.InvariantCulture);
    }

    public async Task SetAsync(TaskPlan plan, CancellationToken cancellationToken)
    {
        await foreach (var _ in Flight.DoActionAsync(
            new FlightAction("orleansflow.query.set-plans", new SetPlansRequest { Plans = { plan } }.ToByteArray()), new RpcCallOptions(CancellationToken: cancellationToken)))
        {
            // That there is an answer is the answer.
        }
    }

    public async Task CancelAsync(string queryId, CancellationToken cancellationToken)
    {
        await foreach (var _ in Flight.DoActionAsync(
            new FlightAction("orleansflow.query.cancel", new CancelQueryRequest { QueryId = queryId, Reason = "It was measured." }.ToByteArray()),
            new RpcCallOptions(CancellationToken: cancellationToken)))
        {
            // How many tasks there were is of no interest.
        }
    }

    /// <summary>Reads all rows of the only partition of a task; gives the first number of the first row.</summary>
    public async Task<long> ReadNumberAsync(TaskKey key, CancellationToken cancellationToken)
    {
        var ticket = new TaskTicket { Range = new OutputRange { Key = key, PartitionCount = 1 } };
        var number = 0L;
        await foreach (var batch in Flight.DoGet(new FlightTicket((byte[])[.. "Q1"u8, .. ticket.ToByteArray()]), new RpcCallOptions(CancellationToken: cancellationToken)))
        {
            using (batch)
            {
                number = Convert.ToInt64(batch.Column(0).GetValue(0), CultureInfo.InvariantCulture);
            }
        }

        return number;
    }

    public async ValueTask DisposeAsync()
    {
        await _channel.DisposeAsync();
        _process.StandardInput.Close();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }
}
