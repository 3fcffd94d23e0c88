using Orleans.Embedded;

namespace Orleans.Runtime;

/// <summary>Values that travel with every grain call made from the current flow of control.</summary>
public static class RequestContext
{
    private static readonly AsyncLocal<RequestContextValues?> Current = new();

    /// <summary>The id by which grains of this call chain know each other for re-entrancy; empty when there is none.</summary>
    public static Guid ReentrancyId
    {
        get => Current.Value?.ReentrancyId ?? Guid.Empty;
        set
        {
            var current = Current.Value;
            if ((current?.ReentrancyId ?? Guid.Empty) != value)
            {
                Current.Value = (current ?? RequestContextValues.Empty).With(value);
            }
        }
    }

    /// <summary>The keys of all values.</summary>
    public static IEnumerable<string> Keys => (Current.Value ?? RequestContextValues.Empty).Values.Keys;

    /// <summary>All values.</summary>
    public static IEnumerable<KeyValuePair<string, object>> Entries => (Current.Value ?? RequestContextValues.Empty).Values;

    /// <summary>Lets calls of this chain re-enter the current grain, until the section is disposed.</summary>
    /// <returns>The section.</returns>
    public static ReentrancySection AllowCallChainReentrancy()
    {
        var original = ReentrancyId;
        var id = original == Guid.Empty ? Guid.NewGuid() : original;
        return new ReentrancySection(original, id);
    }

    /// <summary>Takes the calls that follow out of the chain, until the section is disposed.</summary>
    /// <returns>The section.</returns>
    public static ReentrancySection SuppressCallChainReentrancy() => new(ReentrancyId, Guid.Empty);

    /// <summary>Finds a value.</summary>
    /// <param name="key">Its key.</param>
    /// <returns>The value; null when there is none.</returns>
    public static object? Get(string key) => Current.Value?.Values.GetValueOrDefault(key);

    /// <summary>Sets a value for the calls that follow.</summary>
    /// <param name="key">Its key.</param>
    /// <param name="value">The value; it is copied to the callee as arguments are.</param>
    public static void Set(string key, object value)
    {
        ArgumentNullException.ThrowIfNull(key);
        Current.Value = (Current.Value ?? RequestContextValues.Empty).With(key, value);
    }

    /// <summary>Removes a value.</summary>
    /// <param name="key">Its key.</param>
    /// <returns>False when there was none.</returns>
    public static bool Remove(string key)
    {
        if (Current.Value is not { } current || !current.Values.ContainsKey(key))
        {
            return false;
        }

        Current.Value = current.Without(key);
        return true;
    }

    /// <summary>Removes all values, and the call chain.</summary>
    public static void Clear()
    {
        if (Current.Value is not null)
        {
            Current.Value = null;
        }
    }

    internal static RequestContextValues? Export() => Current.Value;

    internal static void Import(RequestContextValues? values) => Current.Value = values;

    /// <summary>A stretch of code with its own call chain.</summary>
    public readonly struct ReentrancySection : IDisposable
    {
        private readonly Guid _original;
        private readonly Guid _entered;
        private readonly Activation? _activation;

        /// <summary>Enters a section.</summary>
        /// <param name="originalReentrancyId">What to go back to.</param>
        /// <param name="newReentrancyId">The id in the section; empty for none.</param>
        public ReentrancySection(Guid originalReentrancyId, Guid newReentrancyId)
        {
            _original = originalReentrancyId;
            _entered = newReentrancyId;
            ReentrancyId = newReentrancyId;
            if (newReentrancyId != Guid.Empty && GrainExecution.Current is { } activation)
            {
                _activation = activation;
                activation.EnterReentrantSection(newReentrancyId);
            }
        }

        /// <summary>Leaves the section.</summary>
        public void Dispose()
        {
            _activation?.LeaveReentrantSection(_entered);
            ReentrancyId = _original;
        }
    }
}
