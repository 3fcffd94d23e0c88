using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace OrleansFlow.Tests.Compatibility.Api;

/// <summary>Writes <c>docs/orleans-api.md</c> from the proof.</summary>
internal sealed partial class ApiPage(ApiProof proof)
{
    /// <summary>Types and members that are absent without a reason.</summary>
    public List<string> Unexplained { get; } = [];

    public string Write()
    {
        var page = new StringBuilder();
        page.Append($"""
            # The Orleans API of the embedded runtime

            Written by `Tests/Compatibility`, which compares the embedded runtime with Orleans {ApiEvidence.Version}; do not edit. To write it again:
            `FLOW_WRITE_DOCS=1 dotnet run --project Tests/Compatibility -- -class OrleansFlow.Tests.Compatibility.ApiPageTests`.

            The evidence is the metadata of `Orleans.Core.Abstractions` and `Orleans.TestingHost`, and what these two and the AdoNet packages for
            clustering, persistence and reminders use of other Orleans assemblies. *Defined* types are compared whole: names of parameters, default
            values, constraints, attributes and nullability too. *Used* types are compared as far as the evidence calls or implements them.


            """.ReplaceLineEndings("\n"));
        Present(page);
        AbsentMembers(page);
        AbsentTypes(page);
        Unproved(page);
        return page.ToString().TrimEnd() + "\n";
    }

    // Metadata counts type parameters with a back-tick, which ends a code span.
    private static string Code(string text) => "`" + Arity().Replace(text, match => match.Groups["open"].Success ? "" : match.Groups["count"].Value == "1" ? "<T>" : "<T1,T2>") + "`";

    [GeneratedRegex(@"`+(?<count>\d)(?<open>(?=<))?")]
    private static partial Regex Arity();

    private static string Short(string name) => name.Replace("System.Threading.Tasks.", "", StringComparison.Ordinal)
        .Replace("System.Threading.", "", StringComparison.Ordinal).Replace("System.Collections.Generic.", "", StringComparison.Ordinal)
        .Replace("System.", "", StringComparison.Ordinal).Replace("Microsoft.Extensions.", "", StringComparison.Ordinal)
        .Replace("Orleans.Runtime.", "", StringComparison.Ordinal).Replace("Orleans.", "", StringComparison.Ordinal);

    private static string Space(ApiType type) => type.Name[..type.Name.LastIndexOf('.')];

    private static string Name(ApiType type) => type.Name[(type.Name.LastIndexOf('.') + 1)..];

    private static IEnumerable<string> Listed(IEnumerable<ApiMember> members) => members.Where(member => !member.IsAccessor).Select(member => member.Key);

    private void Present(StringBuilder page)
    {
        var types = proof.Types.ToList();
        page.Append(CultureInfo.InvariantCulture, $"## Present: {types.Count} types\n\n");
        page.Append("| namespace | defined in the evidence | used by it | unproved |\n|---|---|---|---|\n");
        foreach (var group in types.GroupBy(type => Space(type.Type)).OrderBy(group => group.Key, StringComparer.Ordinal))
        {
            page.Append($"| `{group.Key}` | {Names(group, IsDefined)} | {Names(group, IsUsed)} | {Names(group, IsUnproved)} |\n");
        }

        page.Append('\n');
    }

    private static bool IsDefined(ProvedType type) => type.Definition is not null;

    private static bool IsUsed(ProvedType type) => type.Definition is null && type.Users.Count > 0;

    private static bool IsUnproved(ProvedType type) => type.Definition is null && type.Users.Count == 0;

    private static string Names(IEnumerable<ProvedType> types, Func<ProvedType, bool> kind) =>
        string.Join(", ", types.Where(kind).Select(type => Code(Name(type.Type))).Order(StringComparer.Ordinal));

    private void AbsentMembers(StringBuilder page)
    {
        page.Append("## Absent members of present types\n\nWhoever uses one gets CS1061 (no such member), CS0117 (no such static member) or CS1501 (no such overload) from the compiler.\n\n");
        page.Append("| type | absent | why |\n|---|---|---|\n");
        foreach (var type in proof.Types.OrderBy(type => type.Type.Name, StringComparer.Ordinal))
        {
            var absent = type.Absent.Distinct(StringComparer.Ordinal).Where(key => !type.Type.Members.ContainsKey(key)
                && !key.StartsWith("get_", StringComparison.Ordinal) && !key.StartsWith("set_", StringComparison.Ordinal));
            foreach (var group in absent.GroupBy(key => Reason($"{type.Type.Name}: {key}")).OrderBy(group => group.Key, StringComparer.Ordinal))
            {
                page.Append($"| {Code(Short(type.Type.Name))} | {string.Join(", ", group.Order(StringComparer.Ordinal).Select(key => Code(Short(key))))} | {group.Key} |\n");
            }
        }

        page.Append('\n');
    }

    private void AbsentTypes(StringBuilder page)
    {
        page.Append("## Absent types\n\nWhoever names one gets CS0246 or CS0234 (no such type) from the compiler. Listed is what the evidence defines.\n\n| why | types |\n|---|---|\n");
        foreach (var group in proof.AbsentTypes.GroupBy(type => Reason(type.Name)).OrderBy(group => group.Key, StringComparer.Ordinal))
        {
            page.Append($"| {group.Key} | {string.Join(", ", group.Select(type => Code(Short(type.Name))).Order(StringComparer.Ordinal))} |\n");
        }

        page.Append("\nA build over Orleans itself (`-p:GrainRuntime=Orleans`) has all of them.\n\n");
    }

    private void Unproved(StringBuilder page)
    {
        page.Append("## Unproved\n\nThese are written after Orleans' public documentation; nothing of the evidence defines, calls or implements them.\n\n| type | members |\n|---|---|\n");
        foreach (var type in proof.Types.OrderBy(type => type.Type.Name, StringComparer.Ordinal))
        {
            var members = Listed(type.Unproved).ToList();
            if (members.Count > 0)
            {
                page.Append($"| {Code(Short(type.Type.Name))} | {string.Join(", ", members.Order(StringComparer.Ordinal).Select(key => Code(Short(key))))} |\n");
            }
        }
    }

    private string Reason(string subject)
    {
        if (AbsenceReasons.For(subject) is { } reason)
        {
            return reason;
        }

        Unexplained.Add(subject);
        return "?";
    }
}
