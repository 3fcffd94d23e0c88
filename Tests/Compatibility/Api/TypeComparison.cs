using System.Text.RegularExpressions;

namespace OrleansFlow.Tests.Compatibility.Api;

/// <summary>Compares one type of ours with the same type of Orleans.</summary>
/// <param name="isOffered">Whether a type, by its full name, is public in our runtime.</param>
/// <param name="isPublic">Whether Orleans shows a type, by its full name; true for what the evidence does not define.</param>
internal sealed partial class TypeComparison(Func<string, bool> isOffered, Func<string, bool> isPublic)
{
    /// <summary>What stands in ours and is otherwise, or not at all, in theirs; one line each.</summary>
    public IEnumerable<string> Differences(ApiType ours, ApiType theirs)
    {
        foreach (var line in Traits(ours.Name, ours.Traits, theirs.Traits).Concat(Bases(ours, theirs)))
        {
            yield return line;
        }

        foreach (var member in ours.Members.Values)
        {
            if (theirs.Members.TryGetValue(member.Key, out var same))
            {
                foreach (var line in Traits($"{ours.Name}: {member.Key}", member.Traits, same.Traits).Concat(Annotations(ours.Name, member, same)))
                {
                    yield return line;
                }
            }
            else if (!member.IsOverride)
            {
                yield return $"{ours.Name}: {member.Key} is not in Orleans{Near(member, theirs)}";
            }
        }

        foreach (var member in Absent(ours, theirs).Where(member => member.IsAbstract && Mentioned(member).All(isOffered)))
        {
            yield return $"{ours.Name}: {member.Key} must be written by whoever implements the type in Orleans; here it is absent";
        }
    }

    /// <summary>What stands in theirs only.</summary>
    public static IEnumerable<ApiMember> Absent(ApiType ours, ApiType theirs) =>
        theirs.Members.Values.Where(member => !ours.Members.ContainsKey(member.Key) && !member.IsOverride);

    private static IEnumerable<string> Traits(string subject, SortedDictionary<string, string> ours, SortedDictionary<string, string> theirs)
    {
        foreach (var trait in ours.Keys.Union(theirs.Keys, StringComparer.Ordinal))
        {
            var mine = ours.GetValueOrDefault(trait, "-");
            var other = theirs.GetValueOrDefault(trait, "-");
            if (mine != other)
            {
                yield return $"{subject}: {trait} is '{mine}', in Orleans '{other}'";
            }
        }
    }

    // Unknown (0) on their side warns nobody, so anything may stand on ours.
    private static IEnumerable<string> Annotations(string type, ApiMember ours, ApiMember theirs)
    {
        if (ours.Annotations.Length == theirs.Annotations.Length
            && ours.Annotations.Zip(theirs.Annotations).Any(pair => pair.Second != 0 && pair.First != pair.Second))
        {
            yield return $"{type}: {ours.Key}: nullability is {string.Concat(ours.Annotations)}, in Orleans {string.Concat(theirs.Annotations)}";
        }
    }

    private static string Near(ApiMember member, ApiType theirs)
    {
        var near = theirs.Members.Values.Where(other => other.Name == member.Name).Select(other => other.Key).ToList();
        return near.Count == 0 ? "" : $"; it has {string.Join(" and ", near)}";
    }

    private static IEnumerable<string> Mentioned(ApiMember member) =>
        OrleansName().Matches($"{member.Key} {member.Traits.GetValueOrDefault("returns")}").Select(match => match.Value);

    private IEnumerable<string> Bases(ApiType ours, ApiType theirs)
    {
        if (ours.BaseType != theirs.BaseType)
        {
            yield return $"{ours.Name}: base type is '{ours.BaseType}', in Orleans '{theirs.BaseType}'";
        }

        foreach (var added in ours.Interfaces.Except(theirs.Interfaces, StringComparer.Ordinal).Where(name => OrleansName().Matches(name).All(match => isPublicHere(match.Value))))
        {
            yield return $"{ours.Name}: implements {added}, in Orleans it does not";
        }

        foreach (var lost in theirs.Interfaces.Except(ours.Interfaces, StringComparer.Ordinal).Where(name => OrleansName().Matches(name).All(match => isOffered(match.Value) && isPublic(match.Value))))
        {
            yield return $"{ours.Name}: does not implement {lost}, in Orleans it does";
        }

        bool isPublicHere(string name) => isOffered(name);
    }

    [GeneratedRegex(@"\bOrleans\.[\w.`+]+")]
    private static partial Regex OrleansName();
}
