using System.Runtime.InteropServices;

namespace Nearfar.Bench;

/// <summary>What the processor has worked for this process: steadier than the wall clock where others share the machine. Linux.</summary>
internal static unsafe partial class ProcessorTime
{
    private const int ClockOfProcess = 2;       // CLOCK_PROCESS_CPUTIME_ID

    /// <summary>Seconds of all threads.</summary>
    public static double OfProcess()
    {
        long* time = stackalloc long[2];
        return clock_gettime(ClockOfProcess, time) == 0 ? time[0] + (time[1] * 1e-9) : throw new InvalidOperationException("This system has no processor time of a process; leave --processor-time out.");
    }

#pragma warning disable SYSLIB1054, CA5392, SA1300 // a measuring program calls one function of the C library
    [DllImport("libc")]
    private static extern int clock_gettime(int clock, long* time);
#pragma warning restore SYSLIB1054, CA5392, SA1300
}
