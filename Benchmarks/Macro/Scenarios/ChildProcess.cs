using System.Diagnostics;

namespace OrleansFlow.Benchmarks.Macro.Scenarios;

/// <summary>This executable once more, for what needs a process of its own: its start, or its memory.</summary>
internal static class ChildProcess
{
    /// <summary>Runs it until it writes its first line, and waits for its end.</summary>
    /// <returns>The line, and the time from before the start of the process to the line.</returns>
    public static async Task<(string Line, TimeSpan Took)> RunAsync(TimeProvider clock, string[] arguments, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo("dotnet") { UseShellExecute = false, RedirectStandardOutput = true };
        start.ArgumentList.Add(typeof(ChildProcess).Assembly.Location);
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        var began = clock.GetTimestamp();
        using var child = Process.Start(start)!;
        var line = await child.StandardOutput.ReadLineAsync(cancellationToken);
        var took = clock.GetElapsedTime(began);
        await child.WaitForExitAsync(cancellationToken);
        return child.ExitCode == 0 && line is not null
            ? (line, took)
            : throw new InvalidOperationException($"The process of '{string.Join(' ', arguments)}' ended with exit code {child.ExitCode}.");
    }
}
