namespace OrleansFlow.Grains.Workers;

/// <content>What the head row keeps beside the numbers of the segments.</content>
internal sealed partial class QueueStore
{
    private Task<long>? _term;

    /// <summary>Remembers, durably and once, that the role is served.</summary>
    public async Task MarkKnownAsync()
    {
        ThrowIfFailed();
        if (!_head.State.Known)
        {
            _head.State.Known = true;
            await WriteHeadAsync();
        }
    }

    /// <summary>Number of this activation among those that asked for one; durable when it is known, and more than that of any before.</summary>
    public Task<long> TermAsync()
    {
        ThrowIfFailed();
        return _term ??= BeginAsync();

        async Task<long> BeginAsync()
        {
            var term = ++_head.State.Term;
            await WriteHeadAsync();
            return term;
        }
    }
}
