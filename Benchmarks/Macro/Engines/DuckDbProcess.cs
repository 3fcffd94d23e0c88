using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace OrleansFlow.Benchmarks.Macro.Engines;

/// <summary>DuckDB alone in a process of its own: what distributed SQL is held against. One statement at a time.</summary>
internal sealed class DuckDbProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly TimeProvider _clock;

    private DuckDbProcess(Process process, TimeProvider clock, string version)
    {
        _process = process;
        _clock = clock;
        Version = version;
    }

    /// <summary>Version of the library, such as <c>v1.5.6</c>.</summary>
    public string Version { get; }

    /// <summary>Processor time of the process when the last statement was done, in seconds.</summary>
    public double CpuSeconds { get; private set; }

    /// <summary>Starts the process and waits until it takes statements.</summary>
    public static async Task<DuckDbProcess> StartAsync(int threadCount, TimeProvider clock, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo("dotnet") { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true };
        start.ArgumentList.Add(typeof(DuckDbProcess).Assembly.Location);
        start.ArgumentList.Add(DuckDbPeer.Argument);
        start.ArgumentList.Add(threadCount.ToString(CultureInfo.InvariantCulture));
        var process = Process.Start(start)!;
        var version = await process.StandardOutput.ReadLineAsync(cancellationToken) ?? throw new InvalidOperationException("The DuckDB process ended.");
        return new DuckDbProcess(process, clock, version);
    }

    /// <summary>Runs a statement and waits for the end of its result, which stays in that process.</summary>
    /// <returns>Rows, and the time from sending the statement to the answer.</returns>
    public async Task<(long Rows, TimeSpan Took)> RunAsync(string sql, CancellationToken cancellationToken)
    {
        var began = _clock.GetTimestamp();
        await _process.StandardInput.WriteLineAsync(JsonSerializer.Serialize(sql, PeerJson.Default.String).AsMemory(), cancellationToken);
        await _process.StandardInput.FlushAsync(cancellationToken);
        var line = await _process.StandardOutput.ReadLineAsync(cancellationToken) ?? throw new InvalidOperationException("The DuckDB process ended.");
        var took = _clock.GetElapsedTime(began);
        if (line.StartsWith(DuckDbPeer.FailureMark, StringComparison.Ordinal))
        {
            throw new InvalidOperationException($"DuckDB alone: {line[DuckDbPeer.FailureMark.Length..]}");
        }

        var parts = line.Split(' ');
        CpuSeconds = double.Parse(parts[1], CultureInfo.InvariantCulture);
        return (long.Parse(parts[0], CultureInfo.InvariantCulture), took);
    }

    /// <summary>Ends the process by ending its input.</summary>
    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }
}
