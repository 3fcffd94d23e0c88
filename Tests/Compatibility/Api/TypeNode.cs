using System.Collections.Immutable;

namespace OrleansFlow.Tests.Compatibility.Api;

/// <summary>A type in a signature: its text, and where nullable annotations attach to it.</summary>
/// <param name="Text">The type as metadata names it, for example <c>System.Threading.Tasks.Task`1&lt;!!0&gt;</c>.</param>
/// <param name="Slots">Annotated positions, in the order of <c>NullableAttribute</c>.</param>
internal sealed record TypeNode(string Text, ImmutableArray<NullSlot> Slots)
{
    public static TypeNode Value(string text) => new(text, []);

    public static TypeNode Reference(string text) => new(text, [NullSlot.Annotated]);

    public override string ToString() => Text;

    /// <summary>Expands the annotation bytes of a declaration to one byte a position: 0 unknown, 1 not null, 2 nullable.</summary>
    public byte[] Annotations(byte[]? own, byte context)
    {
        var result = new byte[Slots.Length];
        for (var index = 0; index < result.Length; index++)
        {
            result[index] = Slots[index] == NullSlot.Placeholder ? (byte)0
                : own is null ? context
                : own.Length == 1 ? own[0]
                : index < own.Length ? own[index] : context;
        }

        return result;
    }
}

/// <summary>One position of a nullable annotation.</summary>
internal enum NullSlot
{
    /// <summary>A reference type, or a type parameter.</summary>
    Annotated,

    /// <summary>A generic value type: it takes a position that is always 0.</summary>
    Placeholder,
}
