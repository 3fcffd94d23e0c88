using System.Collections.Concurrent;
using System.Diagnostics;

namespace OrleansFlow.Tests;

/// <summary>A real process of the product: a silo by the <c>flow</c> command, or the flights worker. Killed (SIGKILL) at the end of its test at the latest.</summary>
public sealed class FlowProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly ConcurrentQueue<string> _lines = [];
    private readonly ConcurrentDictionary<(string Text, bool Begins), TaskCompletionSource<string>> _waits = new();
    private readonly Task _output;

    private FlowProcess(Process process)
    {
        _process = process;
        _output = Task.WhenAll(PumpAsync(process.StandardOutput), PumpAsync(process.StandardError));
    }

    /// <summary>Its id.</summary>
    public int Id => _process.Id;

    /// <summary>Hears of each line as it comes, on the thread that reads it. Lines that came before it was set are left out.</summary>
    public Action<string> LineCame { get; set; } = _ => { };

    /// <summary>Everything it has printed.</summary>
    public string Output => string.Join(Environment.NewLine, _lines);

    /// <summary>Runs <c>flow</c> with these arguments.</summary>
    public static FlowProcess Flow(IReadOnlyDictionary<string, string>? environment, params string[] arguments) =>
        Start(Assembly("OrleansFlow.Cli", "flow"), arguments, environment);

    /// <summary>Runs <c>flow</c> at a pseudo-terminal (by <c>script</c> of util-linux); what is written to it is typed.</summary>
    public static FlowProcess Terminal(IReadOnlyDictionary<string, string> environment, params string[] arguments)
    {
        var command = string.Join(' ', arguments.Prepend(Assembly("OrleansFlow.Cli", "flow")).Prepend("dotnet").Select(word => $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'"));
        return Start("script", ["-q", "-e", "-f", "-c", command, "/dev/null"], environment, hasInput: true);
    }

    /// <summary>Runs <c>flow</c> with a standard input that the test writes.</summary>
    public static FlowProcess Piped(IReadOnlyDictionary<string, string>? environment, params string[] arguments) =>
        Start("dotnet", [Assembly("OrleansFlow.Cli", "flow"), .. arguments], environment, hasInput: true);

    /// <summary>Writes to its standard input.</summary>
    public async Task WriteAsync(string text)
    {
        await _process.StandardInput.WriteAsync(text);
        await _process.StandardInput.FlushAsync();
    }

    /// <summary>Ends its standard input.</summary>
    public void EndInput() => _process.StandardInput.Close();

    /// <summary>Runs the flights sample as a worker of the gateway.</summary>
    public static FlowProcess Worker(string id, string gateway, int slots = 2) => Worker("OrleansFlow.Samples.Flights", id, gateway, slots);

    /// <summary>Runs the text sample as a worker of the gateway.</summary>
    public static FlowProcess Text(string id, string gateway, int slots = 2) => Worker("OrleansFlow.Samples.Text", id, gateway, slots);

    private static FlowProcess Worker(string sample, string id, string gateway, int slots) => Start(
        Assembly(sample, sample),
        [],
        new Dictionary<string, string>
        {
            ["OrleansFlow__Worker__WorkerId"] = id,
            ["OrleansFlow__Worker__Gateway"] = gateway,
            ["OrleansFlow__Worker__Slots"] = slots.ToString(System.Globalization.CultureInfo.InvariantCulture),
        });

    /// <summary>Runs a sample, by the name of its assembly.</summary>
    public static FlowProcess Sample(string assembly, IReadOnlyDictionary<string, string>? environment, params string[] arguments) =>
        Start(Assembly(assembly, assembly), arguments, environment);

    /// <summary>Waits for a line that begins so; the rest of it is returned.</summary>
    /// <exception cref="InvalidOperationException">The process ended first.</exception>
    public Task<string> WaitForLineAsync(string prefix, CancellationToken cancellationToken) => WaitAsync(prefix, begins: true, cancellationToken);

    /// <summary>Waits for a line that holds a text; the whole line is returned.</summary>
    /// <exception cref="InvalidOperationException">The process ended first.</exception>
    public Task<string> WaitForTextAsync(string text, CancellationToken cancellationToken) => WaitAsync(text, begins: false, cancellationToken);

    /// <summary>Waits until the sample's worker serves.</summary>
    /// <exception cref="InvalidOperationException">The process ended first.</exception>
    public Task WaitForWorkerAsync(string id, CancellationToken cancellationToken) => WaitForTextAsync($"Worker {id} serves [", cancellationToken);

    /// <summary>Sends it a signal by name, as <c>STOP</c> or <c>CONT</c>.</summary>
    public async Task SignalAsync(string signal)
    {
        using var kill = Process.Start("kill", ["-" + signal, _process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync(CancellationToken.None);
    }

    /// <summary>SIGKILL, and the wait for its end.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync(CancellationToken.None);
    }

    /// <summary>Waits for its own end.</summary>
    public async Task<int> WaitForExitAsync(CancellationToken cancellationToken)
    {
        await _process.WaitForExitAsync(cancellationToken);
        await _output.WaitAsync(cancellationToken);
        return _process.ExitCode;
    }

    /// <summary>Kills it if it still runs.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            await KillAsync();
        }

        _process.Dispose();
    }

    private static FlowProcess Start(string assembly, string[] arguments, IReadOnlyDictionary<string, string>? environment) =>
        Start("dotnet", [assembly, .. arguments], environment, hasInput: false);

    private static FlowProcess Start(string program, string[] arguments, IReadOnlyDictionary<string, string>? environment, bool hasInput)
    {
        var start = new ProcessStartInfo(program) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = hasInput, UseShellExecute = false };
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        return new FlowProcess(Process.Start(start)!);
    }

    // Built in the same configuration as this test.
    private static string Assembly(string project, string name) => Path.Combine(
        Path.GetDirectoryName(Path.GetDirectoryName(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar)))!,
        project,
        Path.GetFileName(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar)),
        name + ".dll");

    private async Task<string> WaitAsync(string text, bool begins, CancellationToken cancellationToken)
    {
        var wait = _waits.GetOrAdd((text, begins), _ => new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously));
        foreach (var line in _lines)
        {
            Offer(line);
        }

        var ended = _process.WaitForExitAsync(cancellationToken);
        if (await Task.WhenAny(wait.Task, ended) == ended)
        {
            await _output.WaitAsync(cancellationToken);
            if (!wait.Task.IsCompleted)
            {
                throw new InvalidOperationException($"The process ended ({_process.ExitCode}) before it printed '{text}':{Environment.NewLine}{Output}");
            }
        }

        return await wait.Task;
    }

    private async Task PumpAsync(StreamReader reader)
    {
        while (await reader.ReadLineAsync() is { } line)
        {
            _lines.Enqueue(line);
            LineCame(line);
            Offer(line);
        }
    }

    private void Offer(string line)
    {
        foreach (var ((text, begins), wait) in _waits)
        {
            if (begins ? line.StartsWith(text, StringComparison.Ordinal) : line.Contains(text, StringComparison.Ordinal))
            {
                wait.TrySetResult(begins ? line[text.Length..].Trim() : line);
            }
        }
    }
}
