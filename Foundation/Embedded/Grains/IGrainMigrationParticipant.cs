using System.Buffers;
using System.Diagnostics.CodeAnalysis;

namespace Orleans.Runtime;

/// <summary>
/// Hands over what a grain has in memory when it moves to another silo. Silos of the embedded runtime share one process and grains are not
/// moved between them, so these are never called here; they are called in a cluster of Orleans silos.
/// </summary>
public interface IGrainMigrationParticipant
{
    /// <summary>The grain leaves this silo.</summary>
    /// <param name="dehydrationContext">Takes what travels along.</param>
    void OnDehydrate(IDehydrationContext dehydrationContext);

    /// <summary>The grain has arrived at this silo; called before it is activated.</summary>
    /// <param name="rehydrationContext">Gives what travelled along.</param>
    void OnRehydrate(IRehydrationContext rehydrationContext);
}

/// <summary>Takes what travels along with a grain.</summary>
public interface IDehydrationContext
{
    /// <summary>The keys of what was added.</summary>
    IEnumerable<string> Keys { get; }

    /// <summary>Adds bytes.</summary>
    /// <param name="key">The key, unique in the grain.</param>
    /// <param name="value">The bytes; copied.</param>
    void AddBytes(string key, ReadOnlySpan<byte> value);

    /// <summary>Adds bytes that a delegate writes.</summary>
    /// <typeparam name="T">What is written.</typeparam>
    /// <param name="key">The key, unique in the grain.</param>
    /// <param name="valueWriter">Writes the bytes.</param>
    /// <param name="value">What is written.</param>
    void AddBytes<T>(string key, Action<T, IBufferWriter<byte>> valueWriter, T value);

    /// <summary>Adds a value.</summary>
    /// <typeparam name="T">Its type.</typeparam>
    /// <param name="key">The key, unique in the grain.</param>
    /// <param name="value">The value.</param>
    /// <returns>False when the value cannot be serialized.</returns>
    bool TryAddValue<T>(string key, T? value);
}

/// <summary>Gives what travelled along with a grain.</summary>
public interface IRehydrationContext
{
    /// <summary>The keys of what there is.</summary>
    IEnumerable<string> Keys { get; }

    /// <summary>Finds bytes.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">The bytes.</param>
    /// <returns>False when there are none.</returns>
    bool TryGetBytes(string key, out ReadOnlySequence<byte> value);

    /// <summary>Finds a value.</summary>
    /// <typeparam name="T">Its type.</typeparam>
    /// <param name="key">The key.</param>
    /// <param name="value">The value.</param>
    /// <returns>False when there is none.</returns>
    bool TryGetValue<T>(string key, [NotNullWhen(true)] out T? value);
}
