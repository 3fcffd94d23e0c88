using System.Runtime.InteropServices;

namespace OrleansFlow.Worker.Inputs;

/// <summary>
/// Which input batches a reader has had. After a lost stream the gateway begins again from the first, and this tells the repetitions.
/// Costs one number per producing task while numbers come in order, and an entry for each that came early.
/// </summary>
internal sealed class SeenBatches
{
    private readonly Dictionary<(string Node, int Task), int> _contiguous = [];
    private readonly HashSet<(string Node, int Task, int Index)> _early = [];

    /// <summary>Notes a batch.</summary>
    /// <returns>False when it was noted before.</returns>
    public bool TryAdd(string node, int task, int index)
    {
        ref var next = ref CollectionsMarshal.GetValueRefOrAddDefault(_contiguous, (node, task), out _);
        if (index < next)
        {
            return false;
        }

        if (index > next)
        {
            return _early.Add((node, task, index));
        }

        do
        {
            next++;
        }
        while (_early.Remove((node, task, next)));
        return true;
    }
}
