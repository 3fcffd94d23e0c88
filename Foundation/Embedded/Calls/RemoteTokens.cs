using System.Collections.Concurrent;
using Orleans.Concurrency;
using Orleans.Embedded.Serialization;

namespace Orleans.Embedded;

/// <summary>The tokens that came from clients in other processes, by the names that those gave them.</summary>
internal static class RemoteTokens
{
    // Entries whose token is gone are dropped when so many have come.
    private const int SweepInterval = 1000;

    private static readonly GrainId CancellerId = GrainId.Create("tokencanceller", "all");
    private static readonly ConcurrentDictionary<Guid, WeakReference<GrainCancellationToken>> Known = new();
    private static int _arrivals;

    // 1: cancelled; 0 and a name: cancelled by it; 0 alone: never, as it came from where nobody can tell.
    public static void Write(CodecWriter writer, GrainCancellationToken token)
    {
        Span<byte> bytes = stackalloc byte[17];
        if (token.IsCancellationRequested)
        {
            bytes[0] = 1;
            writer.WriteBytes(bytes[..1]);
        }
        else if (writer.References is ReferenceFactory { Client.Remote: not null } sender)
        {
            token.SendBy(sender).TryWriteBytes(bytes[1..]);
            writer.WriteBytes(bytes);
        }
        else
        {
            writer.WriteBytes(bytes[..1]);
        }
    }

    public static GrainCancellationToken Read(CodecReader reader)
    {
        var bytes = reader.ReadBytes();
        return bytes is [1] ? GrainCancellationToken.Cancelled()
            : bytes.Length == 17 ? Arrived(new Guid(bytes[1..]))
            : new GrainCancellationToken(isCopy: true);
    }

    /// <summary>What the callee gets of a token that has come. All that come under one name are cancelled together.</summary>
    public static GrainCancellationToken Arrived(Guid id)
    {
        if (Interlocked.Increment(ref _arrivals) % SweepInterval == 0)
        {
            foreach (var entry in Known.Where(static entry => !entry.Value.TryGetTarget(out _)))
            {
                Known.TryRemove(entry);
            }
        }

        while (true)
        {
            if (Known.TryGetValue(id, out var reference))
            {
                if (reference.TryGetTarget(out var known))
                {
                    return known.CopyForCallee(isOriginalKept: true);
                }

                Known.TryRemove(new KeyValuePair<Guid, WeakReference<GrainCancellationToken>>(id, reference));
            }

            var arrived = new GrainCancellationToken();
            if (Known.TryAdd(id, new WeakReference<GrainCancellationToken>(arrived)))
            {
                return arrived.CopyForCallee(isOriginalKept: true);
            }
        }
    }

    /// <summary>In the silos' process: cancels a token. One that nobody holds any more needs no cancelling.</summary>
    public static Task CancelHereAsync(Guid id) =>
        Known.TryRemove(id, out var reference) && reference.TryGetTarget(out var token) ? token.CancelAsync() : Task.CompletedTask;

    /// <summary>In the client's process: lets the silos cancel a token.</summary>
    public static Task CancelAsync(ReferenceFactory sender, Guid id) =>
        ((ITokenCanceller)(object)sender.Create(CancellerId, typeof(ITokenCanceller))).CancelAsync(id);
}

/// <summary>Cancels tokens for clients in other processes.</summary>
internal interface ITokenCanceller : IGrainWithStringKey
{
    /// <summary>Cancels a token everywhere it went; ends when the callbacks have run.</summary>
    Task CancelAsync(Guid id);
}

/// <remarks>Re-entrant: callbacks of one token may take their time, and must not hold up another.</remarks>
[Reentrant]
internal sealed class TokenCancellerGrain : Grain, ITokenCanceller
{
    public Task CancelAsync(Guid id) => RemoteTokens.CancelHereAsync(id);
}
