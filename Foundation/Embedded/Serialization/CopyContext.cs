using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Orleans.Serialization;

namespace Orleans.Embedded.Serialization;

/// <summary>
/// Remembers, during one deep copy, which object became which, so that shared objects stay shared and cycles end. Pooled
/// by thread; not for use by several threads.
/// </summary>
public sealed class CopyContext
{
    // Most graphs hold a handful of objects: a linear search of so few beats hashing, and needs no clearing of buckets.
    private const int LinearCount = 8;
    private const int RetainedCapacity = 1024;

    [ThreadStatic]
    private static CopyContext? _spare;

    private readonly object?[] _originals = new object?[LinearCount];
    private readonly object?[] _copies = new object?[LinearCount];
    private Dictionary<object, object>? _more;
    private int _count;

    private CopyContext()
    {
    }

    /// <summary>Copies a member.</summary>
    /// <typeparam name="T">The declared type of the member.</typeparam>
    /// <param name="value">The value.</param>
    /// <returns>The copy, or the value itself when it is immutable.</returns>
    /// <exception cref="CodecNotFoundException">No codec is registered for the type of the value.</exception>
    /// <exception cref="SerializerException">The graph is nested too deeply.</exception>
    [return: NotNullIfNotNull(nameof(value))]
    public T Copy<T>(T value)
    {
        // The type is asked first because comparing a struct with null boxes it in unoptimised code.
        if (!typeof(T).IsValueType && value is null)
        {
            return value!;
        }

        var declared = Declared<T>.Instance;
        if (declared.IsImmutable)
        {
            return value;
        }

        if (declared.IsSealed)
        {
            return declared.Exact!.Copy(value, this)!;
        }

        var codec = declared.CodecFor(value!.GetType());
        return codec.IsImmutable ? value! : (T)codec.CopyObject(value!, this);
    }

    /// <summary>Looks for the copy of an object.</summary>
    /// <typeparam name="T">The type of the object.</typeparam>
    /// <param name="original">The object.</param>
    /// <param name="copy">Its copy.</param>
    /// <returns>Whether the object has been copied.</returns>
    public bool TryGetCopy<T>(object original, [NotNullWhen(true)] out T? copy)
        where T : class
    {
        var linear = Math.Min(_count, LinearCount);
        for (var i = 0; i < linear; i++)
        {
            if (ReferenceEquals(_originals[i], original))
            {
                copy = (T)_copies[i]!;
                return true;
            }
        }

        if (_count > LinearCount && _more!.TryGetValue(original, out var found))
        {
            copy = (T)found;
            return true;
        }

        copy = null;
        return false;
    }

    /// <summary>Says which object is the copy of another. To be called before the members are copied.</summary>
    /// <param name="original">The object.</param>
    /// <param name="copy">Its copy.</param>
    public void RecordCopy(object original, object copy)
    {
        if (_count < LinearCount)
        {
            _originals[_count] = original;
            _copies[_count] = copy;
        }
        else
        {
            _more ??= new Dictionary<object, object>(ReferenceEqualityComparer.Instance);
            _more[original] = copy;
        }

        _count++;
    }

    internal static void EnsureStack(Type type)
    {
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            throw new SerializerException(
                $"A value of type '{type}' is nested too deeply. Hold long chains in a list instead of linked objects.");
        }
    }

    internal static CopyContext Rent()
    {
        var context = _spare ?? new CopyContext();
        _spare = null;
        return context;
    }

    internal void Return()
    {
        if (_count > 0)
        {
            Array.Clear(_originals);
            Array.Clear(_copies);
            if (_count > LinearCount)
            {
                if (_more!.Count > RetainedCapacity)
                {
                    _more = null;
                }
                else
                {
                    _more.Clear();
                }
            }

            _count = 0;
        }

        _spare = this;
    }
}
