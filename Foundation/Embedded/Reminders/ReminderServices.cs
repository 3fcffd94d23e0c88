#pragma warning disable
using Microsoft.Extensions.DependencyInjection;
namespace Orleans.Embedded;
internal static class ReminderServices { public static void AddOnce(IServiceCollection s) {} public static void AddMemoryTable(IServiceCollection s) {} }
