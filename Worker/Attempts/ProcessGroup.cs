using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;
using OrleansFlow.Errors;

namespace OrleansFlow.Worker.Attempts;

/// <summary>Programs that handlers run: each leads a process group of its own, so that what it started ends with it.</summary>
/// <remarks>
/// Linux: started through <c>setsid</c>, which makes the program the leader of a new session and group, and signalled as a group. Where there is no
/// <c>setsid</c> (macOS, Windows) the tree of its children is ended instead, without being asked first.
/// </remarks>
internal static partial class ProcessGroup
{
    public static readonly TimeSpan DefaultGrace = TimeSpan.FromSeconds(5);

    private const int Terminate = 15;
    private const int KillNow = 9;

    private static readonly string? Setsid = OperatingSystem.IsLinux()
        ? new[] { "/usr/bin/setsid", "/bin/setsid" }.FirstOrDefault(File.Exists)
        : null;

    /// <summary>Runs a program to its end; when the token fires, asks its group to end and kills it after the grace.</summary>
    /// <exception cref="OperationCanceledException">The token fired; nothing of the group runs any more.</exception>
    /// <exception cref="FlowException"><c>bad_input</c>: there is no such program.</exception>
    public static async Task<int> RunAsync(
        ProcessStartInfo start, Action<string>? onLine, TimeSpan grace, TimeProvider clock, CancellationToken cancellationToken)
    {
        using var process = Start(start);
        var gate = new Lock();
        var output = start.RedirectStandardOutput ? PumpAsync(process.StandardOutput, onLine, gate) : Task.CompletedTask;
        var errors = start.RedirectStandardError ? PumpAsync(process.StandardError, onLine, gate) : Task.CompletedTask;
        try
        {
            await process.WaitForExitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            await EndAsync(process, grace, clock);
            throw;
        }

        await Task.WhenAll(output, errors);
        return process.ExitCode;
    }

    /// <summary>Kills a group that a handler left running.</summary>
    public static async ValueTask KillAsync(Process process)
    {
        try
        {
            if (process.HasExited)
            {
                return;
            }
        }
        catch (InvalidOperationException)
        {
            // Never started, or disposed by the handler.
            return;
        }

        // Not started here, so it may share the worker's own group.
        process.Kill(entireProcessTree: true);
        await process.WaitForExitAsync(CancellationToken.None);
    }

    private static Process Start(ProcessStartInfo start)
    {
        if (start.FileName.Length == 0)
        {
            throw new FlowException(FlowErrorCode.BadInput, "The program to run has no name.");
        }

        try
        {
            return Process.Start(InGroup(start)) ?? throw new FlowException(FlowErrorCode.BadInput, $"The program '{start.FileName}' did not start.");
        }
        catch (Win32Exception exception)
        {
            throw new FlowException(FlowErrorCode.BadInput, $"The program '{start.FileName}' cannot be started: {exception.Message}", exception);
        }
    }

    private static ProcessStartInfo InGroup(ProcessStartInfo start)
    {
        if (Setsid is null || start.UseShellExecute)
        {
            return start;
        }

        var grouped = new ProcessStartInfo(Setsid)
        {
            UseShellExecute = false,
            WorkingDirectory = start.WorkingDirectory,
            RedirectStandardInput = start.RedirectStandardInput,
            RedirectStandardOutput = start.RedirectStandardOutput,
            RedirectStandardError = start.RedirectStandardError,
            StandardOutputEncoding = start.StandardOutputEncoding,
            StandardErrorEncoding = start.StandardErrorEncoding,
        };
        if (start.ArgumentList.Count > 0 || start.Arguments.Length == 0)
        {
            grouped.ArgumentList.Add(start.FileName);
            foreach (var argument in start.ArgumentList)
            {
                grouped.ArgumentList.Add(argument);
            }
        }
        else
        {
            grouped.Arguments = $"\"{start.FileName.Replace("\"", "\\\"", StringComparison.Ordinal)}\" {start.Arguments}";
        }

        grouped.Environment.Clear();
        foreach (var (name, value) in start.Environment)
        {
            grouped.Environment[name] = value;
        }

        return grouped;
    }

    private static async Task EndAsync(Process process, TimeSpan grace, TimeProvider clock)
    {
        if (Setsid is null)
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(CancellationToken.None);
            return;
        }

        _ = Signal(-process.Id, Terminate);
        await process.WaitForExitAsync(CancellationToken.None).WaitAsync(grace, clock, CancellationToken.None)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);

        // Also when the leader has ended: those that it started may not have.
        _ = Signal(-process.Id, KillNow);
        await process.WaitForExitAsync(CancellationToken.None);
    }

    private static async Task PumpAsync(StreamReader reader, Action<string>? onLine, Lock gate)
    {
        while (await reader.ReadLineAsync() is { } line)
        {
            lock (gate)
            {
                onLine?.Invoke(line);
            }
        }
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Signal(int processId, int signal);
}
