using System.Buffers;
using System.ComponentModel;
using System.Globalization;
using System.Text;
using System.Text.Json;
using OrleansFlow.Errors;

namespace OrleansFlow.Streaming.Udfs.Python;

/// <summary>
/// The processes of one job's functions, all of which load all of them. A process that ends is replaced, and its batch done again: functions give the same for the same arguments, and no
/// row of a batch has left before all have. So many ends in a row and the job fails, to begin again from its checkpoint.
/// </summary>
internal sealed class PythonPool : IAsyncDisposable
{
    private readonly IReadOnlyList<PythonSource> _sources;
    private readonly UserFunctionSettings _settings;
    private readonly Action<string>? _said;
    private readonly TimeProvider _clock;
    private readonly byte[] _load;
    private readonly SemaphoreSlim _places;
    private readonly CancellationTokenSource _ending = new();
    private readonly Lock _gate = new();
    private readonly Stack<PythonProcess> _idle = new();
    private readonly HashSet<PythonProcess> _living = [];
    private readonly List<Task> _endings = [];
    private int _endedInARow;

    public PythonPool(IReadOnlyList<PythonSource> sources, UserFunctionSettings settings, Action<string, string>? said, TimeProvider clock)
    {
        (_sources, _settings, _clock) = (sources, settings, clock);
        var names = string.Join(", ", sources.Select(one => one.Signature.Function.Name));
        _said = said is null ? null : line => said(names, line);
        _places = new SemaphoreSlim(settings.PythonProcessesMax);
        _load = WriteLoad(sources);
    }

    /// <summary>Starts the first process, so that what cannot be loaded is told before the job runs.</summary>
    /// <exception cref="FlowException">Python cannot be started, or a function cannot be loaded (<see cref="FlowErrorCode.BadFunction"/>).</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        using var registration = cancellationToken.UnsafeRegister(static pool => ((PythonPool)pool!).KillAll(), this);
        try
        {
            await Task.Run(() => Return(Take(_sources[0].Signature)), cancellationToken);
        }
        catch (PythonEndedException exception)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw new FlowException(
                FlowErrorCode.WorkerLost, $"Functions {string.Join(", ", _sources.Select(source => $"'{source.Signature.Function.Name}'"))} (python): {exception.Message}, while their sources were loaded.", exception);
        }

        cancellationToken.ThrowIfCancellationRequested();
    }

    /// <summary>Has a batch computed. The caller's thread waits.</summary>
    /// <exception cref="FlowException">Processes end again and again (<see cref="FlowErrorCode.WorkerLost"/>), or the job ends.</exception>
    public byte[] Run(FunctionSignature signature, ReadOnlySpan<byte> frame)
    {
        try
        {
            _places.Wait(_ending.Token);
        }
        catch (OperationCanceledException)
        {
            throw Ended(signature);
        }

        try
        {
            while (true)
            {
                PythonProcess? process = null;
                try
                {
                    process = Take(signature);
                    var answer = Checked(process.Exchange(frame));
                    Volatile.Write(ref _endedInARow, 0);
                    Return(process);
                    return answer;
                }
                catch (PythonEndedException exception)
                {
                    if (process is not null)
                    {
                        Forget(process);
                    }

                    if (_ending.IsCancellationRequested)
                    {
                        throw Ended(signature);
                    }

                    var count = Interlocked.Increment(ref _endedInARow);
                    if (count > _settings.PythonRestartsMax)
                    {
                        throw new FlowException(
                            FlowErrorCode.WorkerLost,
                            string.Create(CultureInfo.InvariantCulture, $"Function '{signature.Function.Name}' (python): {exception.Message}, the {count}. time in a row (PythonRestartsMax is {_settings.PythonRestartsMax})."),
                            exception);
                    }
                }
            }
        }
        finally
        {
            _places.Release();
        }
    }

    /// <summary>Ends all processes. Who waits for an answer is told; when this returns they are gone.</summary>
    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        KillAll();
        PythonProcess[] living;
        Task[] endings;
        lock (_gate)
        {
            living = [.. _living];
            endings = [.. _endings];
            _living.Clear();
            _idle.Clear();
        }

        foreach (var process in living)
        {
            await process.DisposeAsync();
        }

        await Task.WhenAll(endings);
    }

    private static byte[] WriteLoad(IReadOnlyList<PythonSource> sources)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartArray();
            foreach (var one in sources)
            {
                var function = one.Signature.Function;
                json.WriteStartObject();
                json.WriteString("name", function.Name);
                json.WriteString("entry", one.Signature.Entry);
                json.WriteBoolean("is_named", function.Entry.Length > 0);
                json.WriteString("parameters", string.Concat(one.Signature.Parameters.Select(type => type.Code)));
                json.WriteString("result", one.Signature.Result.Code.ToString());
                json.WriteBoolean("gives_null", function.GivesNullOnError);
                json.WriteString("source", Encoding.UTF8.GetString(one.Content));
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        return buffer.WrittenSpan.ToArray();
    }

    private PythonProcess Take(FunctionSignature signature)
    {
        lock (_gate)
        {
            if (_ending.IsCancellationRequested)
            {
                throw Ended(signature);
            }

            if (_idle.TryPop(out var idle))
            {
                return idle;
            }
        }

        PythonProcess process;
        try
        {
            process = PythonProcess.Start(_settings, _said, _clock);
        }
        catch (Win32Exception exception)
        {
            throw signature.Bad($"Python cannot be started: {exception.Message}. Install it, or say where it is: {UserFunctionOptions.SectionName}:{nameof(UserFunctionOptions.PythonPath)}", exception);
        }

        lock (_gate)
        {
            _living.Add(process);
            if (_ending.IsCancellationRequested)
            {
                process.Kill();
            }
        }

        try
        {
            Load(process);
            return process;
        }
        catch
        {
            Forget(process);
            throw;
        }
    }

    private void Load(PythonProcess process)
    {
        using var answer = Loaded(process.Exchange(_load));
        if (answer.RootElement.TryGetProperty("error", out var error))
        {
            throw _sources[answer.RootElement.GetProperty("index").GetInt32()].Signature.Bad($"its source cannot be loaded: {error.GetString()}");
        }
    }

    private static JsonDocument Loaded(byte[] answer)
    {
        try
        {
            return JsonDocument.Parse(answer);
        }
        catch (JsonException exception)
        {
            throw NoAnswer(exception);
        }
    }

    /// <summary>What a function itself wrote to where answers go is none, and what comes behind it is not known: so the process ends.</summary>
    private static byte[] Checked(byte[] answer) => answer is [0, ..] or [1, _, _, _, _, ..] ? answer : throw NoAnswer(null);

    private static PythonEndedException NoAnswer(Exception? exception) => new("its process gave an answer that is none", exception);

    private void Return(PythonProcess process)
    {
        lock (_gate)
        {
            _idle.Push(process);
        }
    }

    private void Forget(PythonProcess process)
    {
        process.Kill();
        lock (_gate)
        {
            if (_living.Remove(process))
            {
                _endings.RemoveAll(static ending => ending.IsCompleted);
                _endings.Add(process.DisposeAsync().AsTask());
            }
        }
    }

    private void KillAll()
    {
        lock (_gate)
        {
            foreach (var process in _living)
            {
                process.Kill();
            }
        }
    }

    private static FlowException Ended(FunctionSignature signature) => new(FlowErrorCode.AlreadyEnded, $"Function '{signature.Function.Name}' (python) was let go: its job ends.");
}
