using OrleansFlow.Tests.Compatibility.Api;

namespace OrleansFlow.Tests.Compatibility.Runtimes;

/// <summary>What one of the project's assemblies needs of the grain runtime, held against Orleans' own assemblies.</summary>
internal sealed class RuntimeUse
{
    public RuntimeUse(ApiReferences references, ApiEvidence evidence)
    {
        foreach (var type in references.Types.Where(ApiAssembly.IsApi))
        {
            if (evidence.Definitions.TryGetValue(type, out var found))
            {
                if (!found.Type.IsVisible)
                {
                    Faults.Add($"{type} is not public in Orleans");
                }
            }
            else if (!evidence.References.Any(item => item.Types.Contains(type)))
            {
                Unproved.Add(type);
            }
        }

        foreach (var use in references.Members.Where(use => ApiAssembly.IsApi(use.Type)))
        {
            Check(use, evidence);
        }
    }

    /// <summary>Uses that would not compile, or not bind, over Orleans.</summary>
    public SortedSet<string> Faults { get; } = new(StringComparer.Ordinal);

    /// <summary>Uses for which the evidence says nothing.</summary>
    public SortedSet<string> Unproved { get; } = new(StringComparer.Ordinal);

    private void Check(MemberUse use, ApiEvidence evidence)
    {
        if (evidence.Definitions.TryGetValue(use.Type, out var found))
        {
            if (!found.Type.Members.TryGetValue(use.Key, out var member))
            {
                Faults.Add($"{use.Type}: {use.Key} is not in Orleans");
            }
            else if ((member.Traits.GetValueOrDefault("returns") ?? member.Traits["type"]) is var returns && returns != use.Returns)
            {
                Faults.Add($"{use.Type}: {use.Key} returns {returns} in Orleans, not {use.Returns}");
            }
        }
        else if (!evidence.References.SelectMany(item => item.Members).Any(other => other == use))
        {
            Unproved.Add($"{use.Type}: {use.Key}");
        }
    }
}
