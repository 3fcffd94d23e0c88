using OrleansFlow.Artifacts;
using OrleansFlow.Protocol.Worker.V1;
using OrleansFlow.Worker.Attempts;
using OrleansFlow.Worker.Sessions;

namespace OrleansFlow.Worker.Inputs;

/// <summary>The open readers of this worker. Outlives the streams of its session: a reader is asked for again on a new one.</summary>
internal sealed class UpstreamReaders(SessionOutbox outbox, WorkerSessionOptions options, Action<Lease, string> revoke)
{
    private readonly Lock _gate = new();

    // Sorted, so that they are asked for again in the order of their opening.
    private readonly SortedDictionary<long, UpstreamReader> _readers = [];
    private long _lastId;

    /// <summary>Where batches are read from; known once the session is registered.</summary>
    public IArtifactStore? Store { get; set; }

    /// <summary>Asks for the input of an attempt. The reader must be closed.</summary>
    /// <param name="attempt">The attempt.</param>
    /// <param name="request">What of it.</param>
    public UpstreamReader Open(TaskAttempt attempt, ArtifactRequest request)
    {
        var store = Store ?? throw new InvalidOperationException("No attempt can read before the session is registered.");
        lock (_gate)
        {
            var reader = new UpstreamReader(++_lastId, attempt, request, outbox, store, options);
            _readers.Add(reader.Id, reader);
            reader.Ask();
            return reader;
        }
    }

    /// <summary>Ends a reader, also on the gateway.</summary>
    public void Close(UpstreamReader reader)
    {
        lock (_gate)
        {
            _readers.Remove(reader.Id);
        }

        if (!reader.HasEnded)
        {
            outbox.AddControl(new WorkerMessage { InputCredit = new InputCredit { ReaderId = reader.Id, Credit = -1 } });
        }
    }

    /// <summary>References arrived. Those of a reader that was closed meanwhile are dropped.</summary>
    public void OnReferences(InputRefs references)
    {
        UpstreamReader? reader;
        lock (_gate)
        {
            _readers.TryGetValue(references.ReaderId, out reader);
        }

        if (reader is null)
        {
            return;
        }

        reader.OnReferences(references);
        if (references.FailedReason.Length > 0 && EffectRefusal.EndsLease(references.FailedReason))
        {
            revoke(reader.Lease, references.FailedReason);
        }
    }

    /// <summary>
    /// A new stream is up: what waits for the old one is dropped, and every open reader asks again. In one step, so that a reader that
    /// opens meanwhile asks once.
    /// </summary>
    public void OnRegistered()
    {
        lock (_gate)
        {
            outbox.Clear();
            foreach (var reader in _readers.Values)
            {
                reader.Ask();
            }
        }
    }
}
