namespace OrleansFlow.Workflows.Local;

/// <summary>Something that a local run does later.</summary>
/// <param name="node">Place of the node it belongs to.</param>
/// <param name="due">What to do.</param>
internal sealed class LocalTimer(int node, Action due)
{
    public int Node => node;

    public bool IsCancelled { get; private set; }

    public void Cancel() => IsCancelled = true;

    public void Fire() => due();
}
