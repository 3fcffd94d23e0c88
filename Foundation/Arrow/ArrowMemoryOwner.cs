namespace OrleansFlow.Arrow;

/// <summary>
/// A reference-counted piece of memory that buffers point into. It starts with one reference, which its creator holds.
/// </summary>
/// <remarks>
/// Thread-safe. There is no finalizer on purpose: a span over native memory does not keep its owner alive, so a
/// finalizer could free memory that is still being read. An owner that is never released leaks.
/// </remarks>
public abstract class ArrowMemoryOwner
{
    private int _references = 1;

    /// <summary>True once the last reference is gone and the memory was given back.</summary>
    public bool IsReleased => Volatile.Read(ref _references) <= 0;

    /// <summary>Adds a reference.</summary>
    /// <exception cref="ObjectDisposedException">The memory was already given back.</exception>
    public void Retain()
    {
        var seen = Volatile.Read(ref _references);
        while (true)
        {
            ObjectDisposedException.ThrowIf(seen <= 0, this);
            var before = Interlocked.CompareExchange(ref _references, seen + 1, seen);
            if (before == seen)
            {
                return;
            }

            seen = before;
        }
    }

    /// <summary>Gives a reference back; the last one frees the memory. Releasing what is already free does nothing.</summary>
    public void Release()
    {
        var seen = Volatile.Read(ref _references);
        while (seen > 0)
        {
            var before = Interlocked.CompareExchange(ref _references, seen - 1, seen);
            if (before == seen)
            {
                if (seen == 1)
                {
                    Free();
                }

                return;
            }

            seen = before;
        }
    }

    /// <summary>Wraps memory of somebody else; <paramref name="release"/> runs once, when the last reference is gone.</summary>
    public static ArrowMemoryOwner FromForeign(Action? release) => new ForeignMemoryOwner(release);

    /// <summary>Frees the memory. Called once.</summary>
    protected abstract void Free();

    private sealed class ForeignMemoryOwner(Action? release) : ArrowMemoryOwner
    {
        protected override void Free() => release?.Invoke();
    }
}
