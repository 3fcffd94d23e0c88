using Orleans.Embedded.Serialization;
using Orleans.Serialization;

namespace Orleans.Embedded.Remote;

/// <summary>The calls that one peer has sent and that are not answered yet.</summary>
/// <param name="answers">Where answers go.</param>
/// <param name="client">Makes references and knows the time-outs of this process.</param>
/// <param name="dispatch">Gives a request to its target.</param>
internal sealed class ServedCalls(IAnswerSink answers, CallClient client, Action<GrainRequest> dispatch)
{
    /// <summary>Calls of one peer that may run or wait; more are refused.</summary>
    public const int CallsMax = 100_000;

    /// <summary>Sequences of one peer that may be open; more are refused.</summary>
    public const int SequencesMax = 10_000;

    /// <summary>Methods that one connection may describe.</summary>
    public const int MethodsMax = 10_000;

    private readonly Dictionary<int, (RemoteMethod? Method, Exception? Failure)> _methods = [];
    private readonly Dictionary<long, GrainRequest> _cancellable = [];
    private readonly Dictionary<long, IRemoteSequence> _sequences = [];
    private readonly Lock _gate = new();
    private int _count;
    private bool _ended;

    /// <summary>Calls that are not answered yet.</summary>
    public int Count => Volatile.Read(ref _count);

    public void OnMethod(CodecReader reader)
    {
        var number = (int)reader.ReadVarint();
        if (_methods.Count >= MethodsMax)
        {
            throw new RemoteProtocolException($"More than {MethodsMax} methods were described on one connection.");
        }

        var description = MethodDescription.Read(reader);
        try
        {
            _methods[number] = (RemoteMethod.Find(client.References, description), null);
        }
        catch (Exception exception) when (exception is MissingMethodException or ArgumentException or SerializerException)
        {
            // Silo and client may be of different versions; only who calls the method is told.
            _methods[number] = (null, exception);
        }
    }

    public void OnCall(CodecReader reader)
    {
        var id = (long)reader.ReadVarint();
        var timeout = RecordText.ReadTime(reader);
        GrainRequest request;
        GrainReference reference;
        try
        {
            var (method, target, context) = ReadTarget(reader);
            if (method.CreateCall() is not GrainRequest created)
            {
                throw new ArgumentException($"{method.Shape} answers with a sequence; it must be enumerated.");
            }

            request = created;
            reference = client.References.Create(target, method.InterfaceType);
            method.ReadArguments(reader, request.SetArgument);
            request._context = context;
        }
        catch (Exception exception) when (exception is not RemoteProtocolException)
        {
            Refuse(id, exception);
            return;
        }

        Run(request, reference, id, timeout, null);
    }

    public void OnNext(CodecReader reader)
    {
        var id = (long)reader.ReadVarint();
        var sequenceId = (long)reader.ReadVarint();
        var timeout = RecordText.ReadTime(reader);
        var isFirst = reader.ReadVarint() != 0;
        IRemoteSequence? sequence;
        RequestContextValues? context = null;
        try
        {
            if (isFirst)
            {
                (sequence, context) = Begin(reader);
                Add(sequenceId, sequence);
            }
            else if (!TryGet(sequenceId, out sequence))
            {
                throw new EnumerationAbortedException("The silo does not know this enumeration: it has ended, or the connection was lost. Start it again.");
            }
        }
        catch (Exception exception) when (exception is not RemoteProtocolException)
        {
            Refuse(id, exception);
            return;
        }

        var request = sequence.Next();
        request._context = context;
        Run(request, sequence.Call.Reference, id, timeout, (sequenceId, sequence));
    }

    public void OnEndSequence(CodecReader reader)
    {
        var id = (long)reader.ReadVarint();
        var sequenceId = (long)reader.ReadVarint();
        if (Remove(sequenceId) is { } sequence)
        {
            Run(sequence.End(), sequence.Call.Reference, id, Timeout.InfiniteTimeSpan, null);
        }
        else
        {
            answers.Answer(null, 0, id);
        }
    }

    public void OnCancel(CodecReader reader)
    {
        var id = (long)reader.ReadVarint();
        GrainRequest? request;
        lock (_gate)
        {
            // Marked here, because a request that is answered leaves the table before it can serve another call.
            if (!_cancellable.Remove(id, out request) || !request.TryMarkAnswered())
            {
                return;
            }
        }

        request.CancelMarked(new OperationCanceledException("The caller has cancelled the call."));
    }

    /// <summary>The peer is gone: what it enumerates ends. Its calls go on, as those of a silo that is gone do.</summary>
    public void End()
    {
        IRemoteSequence[] open;
        lock (_gate)
        {
            _ended = true;
            open = [.. _sequences.Values];
            _sequences.Clear();
        }

        foreach (var sequence in open)
        {
            // Its answer finds the connection ended, and is dropped.
            Interlocked.Increment(ref _count);
            Start(sequence.End(), sequence.Call.Reference, 0, Timeout.InfiniteTimeSpan, null);
        }
    }

    internal void Done(long id, (long Id, IRemoteSequence Sequence)? sequence)
    {
        Interlocked.Decrement(ref _count);
        lock (_gate)
        {
            _cancellable.Remove(id);
            if (sequence is { Sequence.IsOver: true } over)
            {
                _sequences.Remove(over.Id);
            }
        }
    }

    private void Run(GrainRequest request, GrainReference reference, long id, TimeSpan timeout, (long, IRemoteSequence)? sequence)
    {
        if (id == 0)
        {
            request.Prepare(reference, owners: 1);
            dispatch(request);
            return;
        }

        if (Interlocked.Increment(ref _count) > CallsMax)
        {
            Interlocked.Decrement(ref _count);
            Refuse(id, new GatewayTooBusyException($"{CallsMax} calls of this client run or wait at the gateway. Send fewer at a time."));
            return;
        }

        Start(request, reference, id, timeout, sequence);
    }

    private void Start(GrainRequest request, GrainReference reference, long id, TimeSpan timeout, (long, IRemoteSequence)? sequence)
    {
        request.Prepare(reference, owners: 2);
        if (timeout != Timeout.InfiniteTimeSpan)
        {
            client.Timeouts.Add(request, timeout);
        }

        if (request.IsCancellable)
        {
            request.ObserveCaller(CancellationToken.None);
            lock (_gate)
            {
                _cancellable[id] = request;
            }
        }

        request.AnswerTo(new ServedCall(this, answers, request, id, sequence));
        dispatch(request);
    }

    private void Refuse(long id, Exception exception)
    {
        if (id != 0)
        {
            answers.Fail(id, exception);
        }
    }

    private (RemoteMethod Method, GrainId Target, RequestContextValues? Context) ReadTarget(CodecReader reader)
    {
        var number = (int)reader.ReadVarint();
        if (!_methods.TryGetValue(number, out var entry))
        {
            throw new RemoteProtocolException($"Method {number} is called and was not described on this connection.");
        }

        var target = RecordText.ReadGrainId(reader);
        CheckTypeArguments(target.Type);
        return entry.Failure is { } failure ? throw failure : (entry.Method!, target, RecordText.ReadContext(reader));
    }

    // The name of a generic grain type names its type arguments: only types that may travel are taken from outside.
    private static void CheckTypeArguments(GrainType grainType)
    {
        if (!grainType.AsSpan().Contains((byte)'[') || !GenericTypeNames.TryParse(grainType.ToString(), out _, out var arguments))
        {
            return;
        }

        foreach (var argument in arguments)
        {
            if (!argument.IsInterface && CodecRegistry.TryGet(argument) is null)
            {
                throw new ArgumentException($"Type argument '{argument}' of grain type '{grainType}' is not registered for serialization.");
            }
        }
    }

    private (IRemoteSequence Sequence, RequestContextValues? Context) Begin(CodecReader reader)
    {
        var batchSize = (int)Math.Clamp(reader.ReadVarint(), 1, int.MaxValue);
        var (method, target, context) = ReadTarget(reader);
        var call = method.CreateCall() as IRemoteEnumerable
            ?? throw new ArgumentException($"{method.Shape} does not answer with a sequence; it must be called.");
        method.ReadArguments(reader, call.SetArgument);
        return (call.Begin((EmbeddedGrainReference)client.References.Create(target, method.InterfaceType), batchSize), context);
    }

    private void Add(long id, IRemoteSequence sequence)
    {
        lock (_gate)
        {
            if (_ended || _sequences.Count >= SequencesMax)
            {
                throw new GatewayTooBusyException($"{SequencesMax} sequences of this client are open at the gateway. End some, by reading or disposing them.");
            }

            _sequences[id] = sequence;
        }
    }

    private bool TryGet(long id, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out IRemoteSequence? sequence)
    {
        lock (_gate)
        {
            return _sequences.TryGetValue(id, out sequence);
        }
    }

    private IRemoteSequence? Remove(long id)
    {
        lock (_gate)
        {
            return _sequences.Remove(id, out var sequence) ? sequence : null;
        }
    }
}
