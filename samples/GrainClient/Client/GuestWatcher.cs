using OrleansFlow.Samples.GrainClient.Grains;

namespace OrleansFlow.Samples.GrainClient;

/// <summary>Called by the guest book's grain, in this process.</summary>
internal sealed class GuestWatcher : IGuestWatcher
{
    public Task SignedAsync(GuestEntry entry)
    {
        Console.WriteLine($"heard of {entry.Guest}");
        return Task.CompletedTask;
    }
}
