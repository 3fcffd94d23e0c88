using System.Buffers.Binary;
using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Text;
using OrleansFlow.Errors;

namespace OrleansFlow.Streaming.Udfs.Python;

/// <summary>
/// A process that runs functions. Frames go in and out of its standard streams, see host.py. One caller at a time, whose thread waits: it is one of the engine's. Every wait ends, for
/// who takes too long is killed. A process that loses this one ends by itself.
/// </summary>
internal sealed class PythonProcess : IAsyncDisposable
{
    private const int FrameBytesMax = 1 << 30;
    private const int LineCharsMax = 4_096;
    private const int LinesMax = 10_000;

    /// <summary>What a process gets of the environment: nothing that could be a secret.</summary>
    private static readonly string[] Kept = ["PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "SystemRoot"];

    private static readonly Lazy<string> Host = new(ReadHost);

    private readonly Process _process;
    private readonly TimeProvider _clock;
    private readonly TimeSpan _timeout;
    private readonly Task _drained;
    private int _isKilled;

    private PythonProcess(Process process, UserFunctionSettings settings, Action<string>? said, TimeProvider clock)
    {
        (_process, _clock, _timeout) = (process, clock, settings.PythonTimeout);
        _drained = DrainAsync(process.StandardError, said);
    }

    /// <summary>Number of the process.</summary>
    public int Id => _process.Id;

    /// <summary>Starts one; nothing is loaded yet.</summary>
    /// <exception cref="Win32Exception">The program cannot be started.</exception>
    public static PythonProcess Start(UserFunctionSettings settings, Action<string>? said, TimeProvider clock)
    {
        var start = new ProcessStartInfo(settings.PythonPath, ["-I", "-u", "-c", Host.Value])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardErrorEncoding = Encoding.UTF8,
            UseShellExecute = false,
        };
        start.Environment.Clear();
        foreach (var name in Kept)
        {
            if (Environment.GetEnvironmentVariable(name) is { } value)
            {
                start.Environment[name] = value;
            }
        }

        return new PythonProcess(Process.Start(start) ?? throw new Win32Exception($"'{settings.PythonPath}' gave no process"), settings, said, clock);
    }

    /// <summary>Sends a frame and waits for the answer.</summary>
    /// <exception cref="PythonEndedException">The process ended, or took too long.</exception>
    public byte[] Exchange(ReadOnlySpan<byte> frame)
    {
        var isLate = new StrongBox();
        using var late = _clock.CreateTimer(
            _ =>
            {
                isLate.IsSet = true;
                Kill();
            },
            null,
            _timeout,
            Timeout.InfiniteTimeSpan);
        try
        {
            Span<byte> length = stackalloc byte[4];
            BinaryPrimitives.WriteInt32LittleEndian(length, frame.Length);
            var input = _process.StandardInput.BaseStream;
            input.Write(length);
            input.Write(frame);
            input.Flush();
            var output = _process.StandardOutput.BaseStream;
            output.ReadExactly(length);
            var answered = BinaryPrimitives.ReadInt32LittleEndian(length);
            if (answered is < 0 or > FrameBytesMax)
            {
                throw new IOException($"its answer has {answered} bytes");
            }

            var answer = new byte[answered];
            output.ReadExactly(answer);
            return answer;
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException or InvalidOperationException)
        {
            Kill();
            throw new PythonEndedException(isLate.IsSet
                ? string.Create(CultureInfo.InvariantCulture, $"its process gave no answer in {_timeout} and was killed (PythonTimeout)")
                : $"its process ended{(_process.WaitForExit(1_000) ? string.Create(CultureInfo.InvariantCulture, $" with code {_process.ExitCode}") : "")}");
        }
    }

    /// <summary>Ends it at once, and what it started. Thread-safe; who waits for its answer is told.</summary>
    public void Kill()
    {
        if (Interlocked.Exchange(ref _isKilled, 1) != 0)
        {
            return;
        }

        try
        {
            _process.Kill(entireProcessTree: true);
        }
        catch (Exception exception) when (exception is InvalidOperationException or Win32Exception)
        {
            // It has ended by itself.
        }
    }

    /// <summary>Ends it, and returns when it is gone.</summary>
    public async ValueTask DisposeAsync()
    {
        Kill();
        await _process.WaitForExitAsync(CancellationToken.None);
        await _drained;
        _process.Dispose();
    }

    /// <summary>Reads lines in pieces of bounded length, and so many of them; what is beyond is read all the same, so that the process never waits.</summary>
    private static async Task DrainAsync(StreamReader errors, Action<string>? said)
    {
        var (line, piece, lineCount) = (new StringBuilder(), new char[1_024], 0);
        try
        {
            while (await errors.ReadAsync(piece) is > 0 and var count)
            {
                for (var index = 0; index < count; index++)
                {
                    if (piece[index] != '\n' && line.Length < LineCharsMax)
                    {
                        line.Append(piece[index]);
                        continue;
                    }

                    Tell(said, line, ref lineCount);
                }
            }
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException)
        {
            // The process is gone.
        }

        if (line.Length > 0)
        {
            Tell(said, line, ref lineCount);
        }
    }

    private static void Tell(Action<string>? said, StringBuilder line, ref int lineCount)
    {
        if (++lineCount <= LinesMax)
        {
            said?.Invoke(lineCount == LinesMax ? "It says too much; nothing more of this process is shown." : line.ToString());
        }

        line.Clear();
    }

    private static string ReadHost()
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream("OrleansFlow.Streaming.Udfs.host.py")
            ?? throw new FlowException(FlowErrorCode.UnexpectedError, "host.py is missing in the assembly.");
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return reader.ReadToEnd();
    }

    private sealed class StrongBox
    {
        public volatile bool IsSet;
    }
}
