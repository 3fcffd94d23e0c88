using OrleansFlow.Workflows.Execution;
using OrleansFlow.Workflows.Local;

namespace OrleansFlow.Workflows.Definitions;

/// <summary>The guard of a branch and how what passes it travels on.</summary>
internal abstract class Arm<TOut>(string label, Type? covers) : IArm
{
    public string Label => label;

    public Type? Covers => covers;

    /// <summary>Hands the output on if the guard holds; false when it does not.</summary>
    public abstract bool TryPass(TOut output, object target);

    public abstract object CreateInput(StepCollector collector, int node);
}

/// <summary>Takes the outputs of one case, as that case.</summary>
internal sealed class CaseArm<TOut, TCase>(Func<TCase, bool>? guard, string? label)
    : Arm<TOut>(label ?? typeof(TCase).Name, guard is null ? typeof(TCase) : null)
{
    public override bool TryPass(TOut output, object target)
    {
        if (output is not TCase matched || guard?.Invoke(matched) == false)
        {
            return false;
        }

        ((ILocalInput<TCase>)target).Push(matched);
        return true;
    }

    public override object CreateInput(StepCollector collector, int node) => new CollectorInput<TCase>(collector, node);
}
