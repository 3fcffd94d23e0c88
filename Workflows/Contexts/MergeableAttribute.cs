namespace OrleansFlow.Workflows.Contexts;

/// <summary>
/// Gives a partial record, class or struct <see cref="IMergeable{TSelf}"/>, written by a source generator: <c>Empty</c>, <c>Merge</c> and <c>DeltaSince</c>
/// go member by member, so every law that holds for the members holds for the type.
/// </summary>
/// <remarks>
/// <para>
/// Every field and every property that stores a value has to merge itself: it is an <see cref="IMergeable{TSelf}"/> of its own type or has this attribute.
/// Computed properties are left alone. A class or struct that is no record and declares no <c>Equals</c> gets equality by content.
/// </para>
/// <para>
/// Values are made with the constructor that takes most members by name and type; other members need an init or set accessor. What the type declares itself
/// (<c>Empty</c>, <c>Merge</c>, <c>DeltaSince</c>) stands. A member that an older JSON form lacks counts as empty. Mistakes are build errors FLOW1001 to FLOW1006.
/// </para>
/// </remarks>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Struct | AttributeTargets.Enum | AttributeTargets.Interface, Inherited = false)]
public sealed class MergeableAttribute : Attribute;
