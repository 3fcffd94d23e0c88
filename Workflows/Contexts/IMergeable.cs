namespace OrleansFlow.Workflows.Contexts;

/// <summary>A value that branches of one run change on their own and that is put together again without losing a change.</summary>
/// <typeparam name="TSelf">The implementing type.</typeparam>
/// <remarks>
/// <para>Four laws, on content (<c>Equals</c>), for all values a, b and c that one run can hold:</para>
/// <list type="number">
/// <item><description>identity: <c>Empty ∘ a = a = a ∘ Empty</c>;</description></item>
/// <item><description>associativity: <c>(a ∘ b) ∘ c = a ∘ (b ∘ c)</c>, so deltas may be folded in any grouping;</description></item>
/// <item><description>idempotence: <c>a ∘ a = a</c>, so a delta that arrives twice counts once;</description></item>
/// <item><description>commutativity: <c>a ∘ b = b ∘ a</c>, so the order in which branches commit does not show.</description></item>
/// </list>
/// <para>
/// A fifth makes large contexts cheap: <c>a ∘ (a ∘ b).DeltaSince(a) = a ∘ b</c>. <see cref="MergeLaws"/> checks all of them on samples of a user's own
/// type. Values are immutable: a merge changes neither operand, which is what lets a failed step leave no trace.
/// </para>
/// <para>
/// Model: Shapiro, Preguiça, Baquero and Zawirski, "Conflict-free replicated data types", SSS 2011; the deltas: Almeida, Shoker and Baquero,
/// "Delta state replicated data types", JPDC 111, 2018.
/// </para>
/// </remarks>
public interface IMergeable<TSelf>
    where TSelf : IMergeable<TSelf>
{
    /// <summary>The value that changes nothing when it is merged.</summary>
    static abstract TSelf Empty { get; }

    /// <summary>Both values' changes. Pure: neither operand changes.</summary>
    /// <param name="other">The other value; where the two contradict each other, the type says which one stands.</param>
    TSelf Merge(TSelf other);

    /// <summary>A value that turns <paramref name="before"/> into this one when it is merged into it; the smaller the better.</summary>
    /// <param name="before">The value that this one was made from.</param>
    /// <remarks>The whole value is always a right answer, and the default one.</remarks>
    TSelf DeltaSince(TSelf before) => (TSelf)this;
}
