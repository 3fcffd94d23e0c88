using System.Globalization;
using System.Reflection;
using System.Text;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using OrleansFlow.Worker.Hosting;

namespace OrleansFlow.Tests.Silo.Docs;

/// <summary>Writes <c>docs/reference/options.md</c> from the option classes: names and defaults by reflection, meanings from their documentation comments.</summary>
internal static partial class OptionReference
{
    /// <summary>The page as the code has it.</summary>
    public static string Generate()
    {
        var page = new StringBuilder();
        page.Append(
            """
            # Options: the reference

            Generated from the code; a test compares it. To write it anew: `FLOW_UPDATE_DOCS=1`, then the tests of `OptionReferenceTests`.

            Every option is configuration: `OrleansFlow:Leases:Duration` in a settings file, `OrleansFlow__Leases__Duration` in the environment. A value out
            of its range, or one that is no number or time, stops the start with a message that names key, value and range. What the parts do together is in
            [hosting](../hosting.md) and [storage](../storage.md).

            """);
        foreach (var (section, type) in Sections())
        {
            page.Append(CultureInfo.InvariantCulture, $"\n## `{section}`\n\n{Comment(type, "T:" + type.FullName, "summary")}\n\n| key | default | meaning |\n|---|---|---|\n");
            AppendRows(page, type, "");
        }

        page.Append("\n# Options in code only\n");
        foreach (var type in CodeOnly())
        {
            page.Append(CultureInfo.InvariantCulture, $"\n## `{type.Name}` ({type.Namespace})\n\n{Comment(type, "T:" + type.FullName, "summary")}\n\n| member | default | meaning |\n|---|---|---|\n");
            AppendRows(page, type, "");
        }

        AppendKeys(page);
        return page.ToString();
    }

    /// <summary>The option classes that bind to no section. Those of the embedded runtime are Orleans' own, and described there.</summary>
    private static IEnumerable<Type> CodeOnly() => Assemblies()
        .SelectMany(assembly => assembly.GetExportedTypes())
        .Where(type => type.Namespace?.StartsWith("OrleansFlow", StringComparison.Ordinal) == true && type.Name.EndsWith("Options", StringComparison.Ordinal) && type is { IsClass: true, IsAbstract: false, IsNested: false }
            && type.GetField("SectionName", BindingFlags.Public | BindingFlags.Static) is null && type.GetConstructor(Type.EmptyTypes) is not null)
        .OrderBy(type => type.FullName, StringComparer.Ordinal);

    // By file, because an assembly that no test has used yet is not loaded.
    private static IEnumerable<Assembly> Assemblies() => Directory.EnumerateFiles(AppContext.BaseDirectory, "OrleansFlow.*.dll")
        .Select(file => Path.GetFileNameWithoutExtension(file))
        .Where(name => !name.StartsWith("OrleansFlow.Tests.", StringComparison.Ordinal))
        .Order(StringComparer.Ordinal)
        .Select(name => Assembly.Load(new AssemblyName(name)));

    /// <summary>Every option class of the project that binds to a section, by section.</summary>
    public static IReadOnlyList<(string Section, Type Type)> Sections()
    {
        return
        [
            .. Assemblies().SelectMany(assembly => assembly.GetTypes())
                .Select(type => (Section: type.GetField("SectionName", BindingFlags.Public | BindingFlags.Static)?.GetRawConstantValue() as string, Type: type))
                .Where(found => found.Section is not null && !found.Type.IsAbstract)
                .Select(found => (found.Section!, found.Type))
                .OrderBy(found => found.Item1, StringComparer.Ordinal),
        ];
    }

    private static void AppendRows(StringBuilder page, Type type, string prefix)
    {
        var defaults = Activator.CreateInstance(type)!;
        foreach (var property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance))
        {
            var map = MapOf(property.PropertyType);
            if (!property.CanWrite && map is null && !typeof(System.Collections.IList).IsAssignableFrom(property.PropertyType) && !IsList(property.PropertyType))
            {
                continue;
            }

            var owner = property.DeclaringType!;
            var id = $"P:{owner.FullName}.{property.Name}";
            var (summary, value) = (Comment(owner, id, "summary"), Comment(owner, id, "value"));
            var name = prefix + property.Name;
            page.Append($"| `{name}` | {DefaultOf(property.GetValue(defaults), value)} | {summary} {WithoutDefault(value)}".TrimEnd()).Append(" |\n");
            if (map is { } members && members != typeof(string))
            {
                AppendRows(page, members, $"{name}:NAME:");
            }
        }
    }

    private static void AppendKeys(StringBuilder page)
    {
        page.Append(
            """

            ## Keys of a worker's settings file

            `flow worker --config FILE.json`, or `configuration.AddFlowWorkerFile(path)` in a host. The environment wins over the file (`FLOW_WORKER_SLOTS=4`), and
            `--set slots=4` over both. Lists and maps are written `a,b` and `a=1,b=2` there. An unknown key is refused with the nearest one.

            | key | option |
            |---|---|

            """);
        foreach (var key in WorkerKeys.Names)
        {
            page.Append(CultureInfo.InvariantCulture, $"| `{key}` | `{WorkerKeys.Find(key)!.Value.Path}` |\n");
        }

        page.Append("\n| key that is refused | why |\n|---|---|\n");
        foreach (var key in WorkerKeys.ReplacedNames)
        {
            page.Append(CultureInfo.InvariantCulture, $"| `{key}` | {WorkerKeys.WhyReplaced(key)} |\n");
        }
    }

    /// <summary>What the comment says, where the default is not a constant; else the constant.</summary>
    private static string DefaultOf(object? value, string comment)
    {
        var said = DefaultText().Match(comment) is { Success: true } match ? match.Groups[1].Value : "";
        return value switch
        {
            TimeSpan time => Time(time),
            bool flag => flag ? "true" : "false",
            long or int when said.Contains("iB", StringComparison.Ordinal) || said.Length > 24 || said.Contains("processor", StringComparison.Ordinal) => said,
            long or int => Convert.ToString(value, CultureInfo.InvariantCulture)!,
            double number => number.ToString(CultureInfo.InvariantCulture),
            Enum one => one.ToString(),
            string text when text.Length > 0 && !text.Contains('/', StringComparison.Ordinal) => $"`{text}`",
            _ => said.StartsWith("null", StringComparison.Ordinal) ? said.Length > 6 ? said[5..].TrimStart(':', ' ', ',') : "none" : said.Length > 0 ? said : "none",
        };
    }

    private static string Time(TimeSpan time) => time switch
    {
        _ when time == TimeSpan.Zero => "0",
        _ when time.Ticks % TimeSpan.TicksPerHour == 0 => string.Create(CultureInfo.InvariantCulture, $"{time.TotalHours} h"),
        _ when time < TimeSpan.FromSeconds(1) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalMilliseconds} ms"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds} s"),
    };

    private static string WithoutDefault(string value) => DefaultText().Replace(value, "").Trim();

    private static Type? MapOf(Type type) =>
        type.IsGenericType && type.GetGenericTypeDefinition() is var map && (map == typeof(IDictionary<,>) || map == typeof(Dictionary<,>)) ? type.GetGenericArguments()[1] : null;

    private static bool IsList(Type type) => type.IsGenericType && (type.GetGenericTypeDefinition() == typeof(IList<>) || type.GetGenericTypeDefinition() == typeof(ICollection<>));

    private static string Comment(Type type, string id, string element)
    {
        var file = Path.Combine(AppContext.BaseDirectory, type.Assembly.GetName().Name + ".xml");
        if (!Files.TryGetValue(file, out var members))
        {
            members = XDocument.Load(file).Descendants("member").ToDictionary(member => (string)member.Attribute("name")!, StringComparer.Ordinal);
            Files.Add(file, members);
        }

        return members.TryGetValue(id, out var found) && found.Element(element) is { } text ? Spaces().Replace(string.Concat(text.Nodes().Select(Text)), " ").Trim().Replace("|", "\\|", StringComparison.Ordinal) : "";
    }

    private static string Text(XNode node) => node switch
    {
        XText text => text.Value,
        XElement { Name.LocalName: "see" } see => $"`{((string?)see.Attribute("cref") ?? (string?)see.Attribute("langword") ?? "").Split('(')[0].Split('.', ':')[^1]}`",
        XElement { Name.LocalName: "c" } code => $"`{code.Value}`",
        XElement other => string.Concat(other.Nodes().Select(Text)),
        _ => "",
    };

    private static readonly Dictionary<string, Dictionary<string, XElement>> Files = new(StringComparer.Ordinal);

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();

    /// <summary>The sentence of a comment that says the default.</summary>
    [GeneratedRegex(@"^Default:? (.+?)(?:\.(?= |$))")]
    private static partial Regex DefaultText();
}
